import "../../styles/approvals.css";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { may } from "../../api/access";
import { ApiError, api } from "../../api/client";
import { queries } from "../../api/queries";
import type { Difference, Post, Review } from "../../api/types";
import { useMe } from "../../shell/me";
import { Button } from "../../ui/Button";
import { Confirm } from "../../ui/Confirm";
import { Loaded } from "../../ui/Loaded";
import { say } from "../../ui/Toasts";
import { errorWords } from "../../words";
import { Decide, type Decision } from "./Decide";
import { Decisions } from "./Decisions";
import { DifferenceView } from "./DifferenceView";
import { Steps } from "./Steps";
import { useChanged } from "./seen";

function Changes({ post, review }: { post: Post; review: Review }) {
  const { t } = useTranslation();
  const profiles = useQuery(queries.profiles());
  const latest = review.version - 1;
  const reviewed = review.reviewed_before !== null && review.reviewed_before <= latest ? review.reviewed_before : null;
  const [first, setFirst] = useState(reviewed ?? latest);
  // What was reviewed before is what they compare with; the first time there are only its drafts.
  const [open, setOpen] = useState(reviewed !== null);
  const difference = useQuery({ ...queries.difference(post.id, first, review.version), enabled: open && first >= 1 });
  if (latest < 1) return null;
  return (
    <details className="changes" open={open} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        {first === reviewed
          ? t("approvals.changesSinceReview")
          : t("approvals.changes", { before: first, after: review.version })}
      </summary>
      {latest > 1 && (
        <label className="changes__from">
          {t("approvals.since")}
          <select
            className="input input--select input--small"
            value={first}
            onChange={(event) => setFirst(Number(event.target.value))}
          >
            {Array.from({ length: latest }, (_, index) => latest - index).map((version) => (
              <option key={version} value={version}>
                {t(version === reviewed ? "approvals.versionReviewed" : "approvals.version", { version })}
              </option>
            ))}
          </select>
        </label>
      )}
      {open && (
        <Loaded query={difference} rows={2}>
          {(found: Difference) => (
            <DifferenceView
              difference={found}
              named={(id) => profiles.data?.find((profile) => profile.id === id)?.handle ?? id}
            />
          )}
        </Loaded>
      )}
    </details>
  );
}

/** The review of a post, where there is or was one: what it waits for, what was said, and one's own decision. */
export function ReviewPanel({ post }: { post: Post }) {
  const { t } = useTranslation();
  const me = useMe();
  const queryClient = useQueryClient();
  const found = useQuery({ ...queries.review(post.id), retry: false });
  const review = found.data;
  const [changed, lookedAt] = useChanged(review?.version);
  const [withdrawing, setWithdrawing] = useState(false);

  // The post and its review are asked for apart: nobody decides while they speak of different versions.
  const apart = review?.state === "open" && review.version !== post.content_version;
  // biome-ignore lint/correctness/useExhaustiveDependencies: each new version is looked at once
  useEffect(() => {
    if (!apart) return;
    void queryClient.invalidateQueries({ queryKey: queries.post(post.id).queryKey });
    void queryClient.invalidateQueries({ queryKey: queries.review(post.id).queryKey });
  }, [queryClient, post.id, apart, review?.version, post.content_version]);

  if (!review || (found.error instanceof ApiError && found.error.status === 404)) return null;

  async function refresh() {
    await queryClient.invalidateQueries({ queryKey: ["posts"] });
    await queryClient.invalidateQueries({ queryKey: ["approvals"] });
  }

  async function decide(shown: Review, { decision, comment }: Decision) {
    lookedAt();
    try {
      await api.post<Review>(`/posts/${post.id}/decisions`, {
        review: shown.id,
        version: shown.version,
        decision,
        comment,
      });
      say(t(`approvals.said.${decision}`));
      return true;
    } catch (error) {
      // Somebody changed it meanwhile: the new version is shown before anything can be decided.
      if (!(error instanceof ApiError && error.code === "version_old")) throw error;
      say(errorWords(t, error), "error");
      return false;
    } finally {
      await refresh();
    }
  }

  const open = review.state === "open";
  const mayWithdraw = open && (review.own || may(me, "publish", post.department));
  return (
    <section className="sheet review" aria-labelledby="review-title">
      <header className="review__head">
        <h2 id="review-title">{t("approvals.title")}</h2>
        <span className={`review__state review__state--${review.state}`}>{t(`approvals.states.${review.state}`)}</span>
      </header>
      <p className="review__asked">{t("approvals.askedBy", { name: review.asked_by.name, version: review.version })}</p>
      {review.note && (
        <blockquote className="comment" dir="auto">
          {review.note}
        </blockquote>
      )}
      <Steps review={review} />
      <Decisions decisions={review.decisions} zone={me.agency.zone} />
      <Changes key={`${review.id}/${review.version}`} post={post} review={review} />
      {open && review.mine && (
        <Decide
          waiting={apart}
          onDecide={(decision) => decide(review, decision)}
          onLook={
            changed
              ? () => {
                  lookedAt();
                  window.scrollTo(0, 0);
                  document.querySelector("h1")?.focus();
                }
              : null
          }
        />
      )}
      {open && review.own && <p className="review__why">{t("approvals.ownPost")}</p>}
      {mayWithdraw && (
        <Button small onClick={() => setWithdrawing(true)}>
          {t("approvals.withdraw")}
        </Button>
      )}
      {withdrawing && (
        <Confirm
          title={t("approvals.withdrawTitle")}
          action={t("approvals.withdraw")}
          onClose={() => setWithdrawing(false)}
          onConfirm={async () => {
            await api.post<Post>(`/posts/${post.id}/withdrawal`, {}, { version: post.version });
            await refresh();
            say(t("approvals.withdrawn"));
          }}
        >
          <p>{t("approvals.withdrawWords")}</p>
        </Confirm>
      )}
    </section>
  );
}
