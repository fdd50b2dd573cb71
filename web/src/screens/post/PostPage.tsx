import "../../styles/post.css";
import { useQueries, useQuery, useQueryClient } from "@tanstack/react-query";
import { CalendarClock, Copy, PencilLine, Trash2, X } from "lucide-react";
import { Suspense, useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { Link, useLocation } from "wouter";
import { may } from "../../api/access";
import { api } from "../../api/client";
import { queries } from "../../api/queries";
import type { HistoryEvent, Media, Post, Schedule } from "../../api/types";
import { localeOf } from "../../i18n";
import { useMe } from "../../shell/me";
import { clock, longDay } from "../../time/format";
import { offset, place } from "../../time/zones";
import { Button } from "../../ui/Button";
import { Confirm } from "../../ui/Confirm";
import { LinkCard } from "../../ui/LinkCard";
import { Loaded } from "../../ui/Loaded";
import { NetworkMark, networkName } from "../../ui/Network";
import { Page } from "../../ui/Page";
import { Shot } from "../../ui/Shot";
import { overall, StateBadge } from "../../ui/State";
import { say } from "../../ui/Toasts";
import { dueOf } from "../../when/due";
import { errorWords } from "../../words";
import { ReviewPanel } from "../approvals/ReviewPanel";
import { contentOf } from "../compose/content";
import { RescheduleDialog } from "../screens";
import { Deliveries } from "./Deliveries";
import { RichText } from "./RichText";
import { Timeline } from "./Timeline";

function Content({ post }: { post: Post }) {
  const { t } = useTranslation();
  const media = useQueries({
    queries: post.media.map((attachment) => ({
      queryKey: ["media", attachment.media],
      queryFn: () => api.get<Media>(`/media/${attachment.media}`),
      staleTime: 5 * 60_000,
    })),
  });
  const { card } = post;
  const picture = useQuery({
    queryKey: ["media", card?.image],
    queryFn: () => api.get<Media>(`/media/${card?.image}`),
    enabled: Boolean(card?.image),
    staleTime: 5 * 60_000,
  });
  return (
    <div className="post-content">
      <RichText text={post.text} />
      {Object.entries(post.variants).map(([network, words]) => (
        <div key={network} className="post-content__variant">
          <h3>{t("compose.textFor", { network: networkName(network) })}</h3>
          <RichText text={words} />
          {(post.thread[network] ?? []).map((part, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: the parts of a thread are what their place makes them
            <div key={index} className="post-content__part">
              <p className="muted">{t("compose.part", { number: index + 2 })}</p>
              <RichText text={part} />
            </div>
          ))}
        </div>
      ))}
      {post.media.length > 0 && (
        <ul className="post-content__media">
          {post.media.map((attachment, index) => (
            <li key={attachment.media}>
              <figure>
                {media[index]?.data?.url && (
                  <Shot
                    url={media[index].data.url}
                    alt={attachment.alt}
                    video={media[index].data.content_type.startsWith("video/")}
                  />
                )}
                <figcaption aria-hidden={attachment.alt ? true : undefined}>
                  {attachment.alt || t("post.noAlt")}
                </figcaption>
              </figure>
            </li>
          ))}
        </ul>
      )}
      {card && (
        <div className="post-content__variant">
          <h3>{t("compose.card.title")}</h3>
          <LinkCard
            card={{ ...card, picture: picture.data?.url ?? null }}
            {...(post.media.length > 0 ? { note: t("compose.card.covered") } : {})}
          />
        </div>
      )}
    </div>
  );
}

type Open = "reschedule" | "cancel" | "delete" | null;

function PostView({ post }: { post: Post }) {
  const { t, i18n } = useTranslation();
  const locale = localeOf(i18n.language);
  const me = useMe();
  const [, navigate] = useLocation();
  const queryClient = useQueryClient();
  const profiles = useQuery(queries.profiles());
  const campaigns = useQuery(queries.campaigns());
  const history = useQuery(queries.history(post.id));
  const [open, setOpen] = useState<Open>(null);
  const [copying, setCopying] = useState(false);
  const close = () => setOpen(null);

  // Whenever a delivery moves on, its story has a new line.
  const mark = post.deliveries.map((delivery) => `${delivery.state}${delivery.attempts}`).join();
  // biome-ignore lint/correctness/useExhaustiveDependencies: `mark` and the version are what the story follows
  useEffect(() => {
    void queryClient.invalidateQueries({ queryKey: queries.history(post.id).queryKey });
  }, [queryClient, post.id, post.version, mark]);

  const mayPublish = may(me, "publish", post.department);
  const mayWrite = may(me, "write", post.department);
  const waiting = post.deliveries.some((delivery) => delivery.state === "queued" || delivery.state === "held");
  const scheduled = post.state === "scheduled" || (post.state === "approved" && post.due_at !== null);
  const started = post.deliveries.some((delivery) => !["queued", "held", "cancelled"].includes(delivery.state));
  const editable = mayWrite && !started && post.state !== "done" && post.state !== "cancelled";
  const campaign = campaigns.data?.find((candidate) => candidate.id === post.campaign);
  const department = me.departments.find((candidate) => candidate.id === post.department);

  async function refresh() {
    await queryClient.invalidateQueries({ queryKey: ["posts"] });
    await queryClient.invalidateQueries({ queryKey: ["attention"] });
  }

  async function duplicate() {
    setCopying(true);
    try {
      const copy = await api.post<Post>(
        "/posts",
        { ...contentOf(post), department: post.department },
        { idempotencyKey: crypto.randomUUID() },
      );
      await refresh();
      say(t("post.duplicated"));
      navigate(`/compose/${copy.id}`);
    } catch (error) {
      say(errorWords(t, error), "error");
      setCopying(false);
    }
  }

  const content = (
    <aside className="post__side">
      <section className="sheet" aria-labelledby="content-title">
        <h2 id="content-title">{t("post.content")}</h2>
        <Content post={post} />
        <dl className="facts">
          <div>
            <dt>{t("post.author")}</dt>
            <dd>{post.author.name}</dd>
          </div>
          {department && (
            <div>
              <dt>{t("compose.department")}</dt>
              <dd>{department.name}</dd>
            </div>
          )}
          {campaign && (
            <div>
              <dt>{t("compose.campaign")}</dt>
              <dd>{campaign.name}</dd>
            </div>
          )}
          {post.tracking && (
            <div>
              <dt>{t("compose.tracking.title")}</dt>
              <dd>
                {[post.tracking.campaign && `utm_campaign=${post.tracking.campaign}`, ...post.tracking.hosts]
                  .filter(Boolean)
                  .join(", ")}
              </dd>
            </div>
          )}
          {post.tags.length > 0 && (
            <div>
              <dt>{t("compose.tags")}</dt>
              <dd>{post.tags.join(", ")}</dd>
            </div>
          )}
        </dl>
      </section>
    </aside>
  );

  const words = post.text.trim().split("\n")[0] ?? "";
  return (
    <Page
      title={words.length > 60 ? `${words.slice(0, 59)}…` : words || t("calendar.noWords")}
      lead={
        <div className="post-lead">
          <StateBadge state={overall(post.state, post.deliveries)} />
          {post.due_at && (
            <span>
              {t("when.means", {
                day: longDay(post.due_at, post.zone, locale),
                time: clock(post.due_at, post.zone, locale),
                place: place(post.zone),
                offset: offset(Date.parse(post.due_at), post.zone),
              })}
            </span>
          )}
        </div>
      }
      actions={
        <>
          {editable && (
            <Link href={`/compose/${post.id}`} className="button button--plain button--small">
              <PencilLine size={15} aria-hidden="true" />
              {t("post.edit")}
            </Link>
          )}
          {mayPublish && scheduled && waiting && !started && (
            <Button small icon={<CalendarClock size={15} aria-hidden="true" />} onClick={() => setOpen("reschedule")}>
              {t("post.reschedule")}
            </Button>
          )}
          {mayWrite && (
            <Button small busy={copying} icon={<Copy size={15} aria-hidden="true" />} onClick={duplicate}>
              {t("post.duplicate")}
            </Button>
          )}
          {mayPublish && waiting && (
            <Button
              small
              kind="danger-quiet"
              icon={<X size={15} aria-hidden="true" />}
              onClick={() => setOpen("cancel")}
            >
              {t("post.cancel")}
            </Button>
          )}
          {mayWrite && !started && (
            <Button
              small
              kind="danger-quiet"
              icon={<Trash2 size={15} aria-hidden="true" />}
              onClick={() => setOpen("delete")}
            >
              {t("post.delete")}
            </Button>
          )}
        </>
      }
    >
      {/* Whoever decides reads first what they decide about. */}
      <div className={`post${post.state === "in_review" ? " post--review" : ""}`}>
        {post.state === "in_review" && content}
        <div className="post__main">
          {post.review && <ReviewPanel post={post} />}
          <section className="sheet" aria-labelledby="deliveries-title">
            <h2 id="deliveries-title">{t("post.deliveries")}</h2>
            {post.deliveries.length === 0 && post.targets.length > 0 ? (
              // Without a time there is nothing to deliver yet, but whoever decides asks where it would go.
              <ul className="targets-named">
                {post.targets.map((id) => {
                  const profile = profiles.data?.find((candidate) => candidate.id === id);
                  return profile ? (
                    <li key={id}>
                      <NetworkMark network={profile.network} size={15} label={false} />
                      <span>
                        {networkName(profile.network)} · <bdi>{profile.handle}</bdi>
                      </span>
                    </li>
                  ) : null;
                })}
              </ul>
            ) : post.deliveries.length === 0 ? (
              <p className="muted">{t("post.noDeliveries")}</p>
            ) : (
              <Deliveries deliveries={post.deliveries} zone={post.zone} mayAct={mayPublish} />
            )}
          </section>
          <section className="sheet" aria-labelledby="story-title">
            <h2 id="story-title">{t("post.story")}</h2>
            <Loaded query={history} rows={3}>
              {(events: HistoryEvent[]) => <Timeline events={events} profiles={profiles.data ?? []} zone={post.zone} />}
            </Loaded>
          </section>
        </div>
        {post.state !== "in_review" && content}
      </div>

      {open === "reschedule" && (
        <Suspense fallback={null}>
          <RescheduleDialog
            title={t("post.rescheduleTitle")}
            {...(post.due_at ? { start: dueOf(post.due_at, post.zone) } : {})}
            post={{ id: post.id, content: contentOf(post) }}
            onClose={close}
            onReschedule={async (schedule: Schedule) => {
              await api.post<Post>(`/posts/${post.id}/schedule`, schedule, { version: post.version });
              await refresh();
              say(t("post.rescheduled"));
            }}
          />
        </Suspense>
      )}
      {open === "cancel" && (
        <Confirm
          danger
          title={t("post.cancelTitle")}
          action={t("post.cancel")}
          onClose={close}
          onConfirm={async () => {
            await api.post<Post>(`/posts/${post.id}/cancellation`, {}, { version: post.version });
            await refresh();
            say(t("post.cancelled"));
          }}
        >
          <p>{t("post.cancelWords")}</p>
        </Confirm>
      )}
      {open === "delete" && (
        <Confirm
          danger
          title={t("post.deleteTitle")}
          action={t("post.delete")}
          onClose={close}
          onConfirm={async () => {
            await api.delete(`/posts/${post.id}`, post.version);
            navigate(post.state === "draft" ? "/drafts" : "/calendar");
            say(t("post.deleted"));
            queryClient.removeQueries({ queryKey: queries.post(post.id).queryKey });
            await refresh();
          }}
        >
          <p>{t("post.deleteWords")}</p>
        </Confirm>
      )}
    </Page>
  );
}

export default function PostPage({ id }: { id: string }) {
  const post = useQuery(queries.post(id));
  return <Loaded query={post}>{(found: Post) => <PostView post={found} />}</Loaded>;
}
