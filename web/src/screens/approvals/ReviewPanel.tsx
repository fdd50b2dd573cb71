import "../../styles/approvals.css";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { may } from "../../api/access";
import { ApiError, api } from "../../api/client";
import { queries } from "../../api/queries";
import type { Post, Review } from "../../api/types";
import { useMe } from "../../shell/me";
import { Button } from "../../ui/Button";
import { Confirm } from "../../ui/Confirm";
import { Notice } from "../../ui/Notice";
import { say } from "../../ui/Toasts";
import { Decide, type Decision } from "./Decide";
import { Decisions } from "./Decisions";
import { DifferenceView } from "./DifferenceView";
import { Steps } from "./Steps";

function Changes({ post, review }: { post: Post; review: Review }) {
  const { t } = useTranslation();
  const profiles = useQuery(queries.profiles());
  const before = review.version - 1;
  const [first, setFirst] = useState(review.reviewed_before ?? before);
  const difference = useQuery({ ...queries.difference(post.id, first, review.version), enabled: first >= 1 });
  if (before < 1) return null;
  return (
    <details className="changes" open>
      <summary>{t("approvals.changes", { before: first, after: review.version })}</summary>
      {before > 1 && (
        <label className="changes__from">
          {t("approvals.since")}
          <select
            className="input input--select"
            value={first}
            onChange={(event) => setFirst(Number(event.target.value))}
          >
            {Array.from({ length: before }, (_, index) => before - index).map((version) => (
              <option key={version} value={version}>
                {t("approvals.version", { version })}
              </option>
            ))}
          </select>
        </label>
      )}
      {difference.data && (
        <DifferenceView
          difference={difference.data}
          named={(id) => profiles.data?.find((profile) => profile.id === id)?.handle ?? id}
        />
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
  const [old, setOld] = useState(false);
  const [withdrawing, setWithdrawing] = useState(false);
  const review = found.data;
  if (!review || (found.error instanceof ApiError && found.error.status === 404)) return null;

  async function refresh() {
    await queryClient.invalidateQueries({ queryKey: ["posts"] });
    await queryClient.invalidateQueries({ queryKey: ["approvals"] });
  }

  async function decide(shown: Review, { decision, comment }: Decision) {
    setOld(false);
    try {
      await api.post<Review>(`/posts/${post.id}/decisions`, {
        review: shown.id,
        version: shown.version,
        decision,
        comment,
      });
      say(t(`approvals.said.${decision}`));
    } catch (error) {
      // Somebody changed it meanwhile: the new version is shown before anything can be decided.
      if (!(error instanceof ApiError && error.code === "version_old")) throw error;
      setOld(true);
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
      {old && (
        <Notice kind="warning">
          <p>{t("errors.version_old")}</p>
        </Notice>
      )}
      <p className="muted">{t("approvals.askedBy", { name: review.asked_by.name, version: review.version })}</p>
      {review.note && (
        <blockquote className="decision__words" dir="auto">
          {review.note}
        </blockquote>
      )}
      <Steps review={review} />
      <Decisions decisions={review.decisions} zone={me.agency.zone} />
      <Changes post={post} review={review} key={review.version} />
      {open && review.mine && <Decide key={review.version} onDecide={(decision) => decide(review, decision)} />}
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
