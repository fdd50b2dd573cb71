import "../../styles/approvals.css";
import "../../styles/compose.css";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { ArrowDown } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { ApiError, api } from "../../api/client";
import type { ExternalDecided, ExternalReview as Shown } from "../../api/types";
import { localeOf, speak } from "../../i18n";
import { Mark } from "../../shell/Mark";
import { LanguageSwitch } from "../../shell/Preferences";
import { clock, dateAndTime, longDay } from "../../time/format";
import { offset, place } from "../../time/zones";
import { Loaded, Skeleton } from "../../ui/Loaded";
import { NetworkMark } from "../../ui/Network";
import { Notice } from "../../ui/Notice";
import { errorWords } from "../../words";
import { ThreadCard } from "../compose/cards/Thread";
import { Decide, type Decision } from "./Decide";
import { Decisions } from "./Decisions";
import { DifferenceView } from "./DifferenceView";
import { useChanged } from "./seen";

/** On a phone the decision is far below what is decided about: this leads there, and goes when it is in sight. */
function ToDecision() {
  const { t } = useTranslation();
  const [far, setFar] = useState(false);
  useEffect(() => {
    const decision = document.getElementById("decision");
    if (!decision || !("IntersectionObserver" in window)) return;
    const watching = new IntersectionObserver(([seen]) => setFar(seen ? !seen.isIntersecting : false));
    watching.observe(decision);
    return () => watching.disconnect();
  }, []);
  return far ? (
    <div className="external__bar">
      <a href="#decision" className="button button--primary button--block">
        {t("external.toDecision")}
        <ArrowDown size={17} aria-hidden="true" />
      </a>
    </div>
  ) : null;
}

function Post({ shown }: { shown: Shown }) {
  const { t, i18n } = useTranslation();
  const locale = localeOf(i18n.language);
  return (
    <>
      <p className="external__lead">
        {t("external.lead", { author: shown.author, agency: shown.agency, step: shown.step_name })}
      </p>
      {shown.note && (
        <blockquote className="comment" dir="auto">
          {shown.note}
        </blockquote>
      )}
      <dl className="external__facts">
        <div>
          <dt>{t("external.when")}</dt>
          <dd>
            {shown.due_at
              ? t("when.means", {
                  day: longDay(shown.due_at, shown.zone, locale),
                  time: clock(shown.due_at, shown.zone, locale),
                  place: place(shown.zone),
                  offset: offset(Date.parse(shown.due_at), shown.zone),
                })
              : t("approvals.noTime")}
          </dd>
        </div>
        <div>
          <dt>{t("external.until")}</dt>
          <dd>{dateAndTime(shown.expires_at, shown.zone, locale)}</dd>
        </div>
        <div>
          <dt>{t("external.as")}</dt>
          <dd>
            <bdi>{shown.email}</bdi>
          </dd>
        </div>
      </dl>
      <section aria-labelledby="previews-title" className="external__previews">
        <h2 id="previews-title">{t("external.previews")}</h2>
        {shown.previews.map((preview) => (
          <div key={`${preview.network}${preview.handle}`} className="external__preview">
            <p className="preview__name">
              <NetworkMark network={preview.network} label={false} />
              <span>
                {preview.network_name} · <bdi>{preview.handle}</bdi>
              </span>
            </p>
            <ThreadCard
              profile={preview}
              parts={[preview.text, ...preview.thread]}
              card={preview.card && { ...preview.card, picture: preview.card.picture?.url ?? null }}
              pictures={shown.media.map((media) => ({
                key: media.url,
                url: media.url,
                alt: media.alt,
                video: media.content_type.startsWith("video/"),
              }))}
            />
            <p className="external__length">
              {t("external.length", { count: preview.length, length: preview.length, limit: preview.limit })}
            </p>
          </div>
        ))}
        {shown.media.length > 0 && (
          <dl className="external__alts">
            {shown.media.map((media, index) => (
              <div key={media.url}>
                <dt>{t("external.image", { number: index + 1 })}</dt>
                <dd dir="auto">{media.alt || t("post.noAlt")}</dd>
              </div>
            ))}
          </dl>
        )}
      </section>
      {shown.difference && (
        <section>
          <h2>{t("external.changed")}</h2>
          <DifferenceView difference={shown.difference} />
        </section>
      )}
      {shown.decisions.length > 0 && (
        <section>
          <h2>{t("external.before")}</h2>
          <Decisions decisions={shown.decisions} zone={shown.zone} />
        </section>
      )}
    </>
  );
}

/** The person asked may have no account: nothing here is signed in, and nothing happens until they press a button. */
export default function ExternalReview({ token }: { token: string }) {
  const { t, i18n } = useTranslation();
  const locale = localeOf(i18n.language);
  const queryClient = useQueryClient();
  const key = ["review", token];
  const [decided, setDecided] = useState<ExternalDecided | null>(null);
  const query = useQuery({
    queryKey: key,
    queryFn: ({ signal }) => api.get<Shown>(`/review/${token}`, signal),
    refetchOnWindowFocus: true,
    enabled: decided === null, // afterwards the link has been used
  });
  const [changed, lookedAt] = useChanged(query.data?.version);
  const heading = useRef<HTMLHeadingElement>(null);

  const language = query.data?.language;
  const [chosen, setChosen] = useState(false);
  useEffect(() => {
    if (language && !chosen) void speak(language);
  }, [language, chosen]);

  async function decide(shown: Shown, { decision, comment }: Decision) {
    lookedAt();
    try {
      setDecided(await api.post<ExternalDecided>(`/review/${token}`, { version: shown.version, decision, comment }));
      window.scrollTo(0, 0);
      heading.current?.focus();
      return true;
    } catch (error) {
      await queryClient.invalidateQueries({ queryKey: key });
      if (error instanceof ApiError && error.code === "version_old") return false;
      throw error;
    }
  }

  const ended = query.error instanceof ApiError && [404, 410].includes(query.error.status) ? query.error : null;
  const used = ended?.code === "link_used";
  const title = decided
    ? t(`external.done.${decided.decision}`)
    : ended
      ? ended.status === 404
        ? t("external.unknown")
        : errorWords(t, ended)
      : t("external.title");
  useEffect(() => {
    document.title = `${title} · Parvis`;
  }, [title]);

  return (
    <div className="external">
      <header className="external__top">
        <Mark size={24} />
        <span className="external__agency">{query.data?.agency ?? "Parvis"}</span>
        <LanguageSwitch
          onChange={(wanted) => {
            setChosen(true);
            void speak(wanted);
          }}
        />
      </header>
      <main className="external__main">
        <h1 ref={heading} tabIndex={-1}>
          {title}
        </h1>
        {decided ? (
          <>
            <Notice kind="success">
              <p>{t("external.doneWords", { time: dateAndTime(decided.at, query.data?.zone ?? "UTC", locale) })}</p>
            </Notice>
            {query.data && (
              <blockquote className="comment" dir="auto">
                {query.data.title}
              </blockquote>
            )}
          </>
        ) : ended ? (
          <Notice kind={used ? "success" : "warning"}>
            <p>{t(used ? "external.usedWords" : "external.goneWords")}</p>
          </Notice>
        ) : query.isPending ? (
          <Skeleton rows={4} />
        ) : (
          <Loaded query={query}>
            {(shown: Shown) => (
              <>
                <Post shown={shown} />
                <section className="sheet external__decide" id="decision" aria-labelledby="decide-title">
                  <h2 id="decide-title">{t("external.decide")}</h2>
                  <p className="muted">{t("external.once")}</p>
                  <Decide
                    onDecide={(decision) => decide(shown, decision)}
                    onLook={
                      changed
                        ? () => {
                            lookedAt();
                            window.scrollTo(0, 0);
                            heading.current?.focus();
                          }
                        : null
                    }
                  />
                </section>
                <ToDecision />
              </>
            )}
          </Loaded>
        )}
      </main>
    </div>
  );
}
