import "../../styles/approvals.css";
import "../../styles/compose.css";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { ApiError, api } from "../../api/client";
import type { ExternalDecided, ExternalReview as Shown } from "../../api/types";
import { localeOf, speak } from "../../i18n";
import { Mark } from "../../shell/Mark";
import { LanguageSwitch } from "../../shell/Preferences";
import { dateAndTime } from "../../time/format";
import { offset, place } from "../../time/zones";
import { Loaded, Skeleton } from "../../ui/Loaded";
import { Notice } from "../../ui/Notice";
import { errorWords } from "../../words";
import { PreviewCard } from "../compose/Preview";
import { Decide, type Decision } from "./Decide";
import { Decisions } from "./Decisions";
import { DifferenceView } from "./DifferenceView";

/** The person asked may have no account: nothing here is signed in, and nothing happens until they press a button. */
export default function ExternalReview({ token }: { token: string }) {
  const { t, i18n } = useTranslation();
  const locale = localeOf(i18n.language);
  const queryClient = useQueryClient();
  const key = ["review", token];
  const query = useQuery({
    queryKey: key,
    queryFn: ({ signal }) => api.get<Shown>(`/review/${token}`, signal),
    refetchOnWindowFocus: true,
  });
  const [decided, setDecided] = useState<ExternalDecided | null>(null);
  const [old, setOld] = useState(false);

  const language = query.data?.language;
  const [chosen, setChosen] = useState(false);
  useEffect(() => {
    if (language && !chosen) void speak(language);
  }, [language, chosen]);
  useEffect(() => {
    document.title = `${t("external.title")} · Parvis`;
  }, [t]);

  async function decide(shown: Shown, { decision, comment }: Decision) {
    setOld(false);
    try {
      setDecided(await api.post<ExternalDecided>(`/review/${token}`, { version: shown.version, decision, comment }));
    } catch (error) {
      if (error instanceof ApiError && error.code === "version_old") setOld(true);
      else throw error;
      await queryClient.invalidateQueries({ queryKey: key });
    }
  }

  const gone = query.error instanceof ApiError && [404, 410].includes(query.error.status);
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
        <h1>{t("external.title")}</h1>
        {decided ? (
          <Notice kind="success" title={t(`external.done.${decided.decision}`)}>
            <p>{t("external.doneWords", { time: dateAndTime(decided.at, query.data?.zone ?? "UTC", locale) })}</p>
          </Notice>
        ) : gone ? (
          <Notice kind="warning" title={errorWords(t, query.error)}>
            <p>{t("external.goneWords")}</p>
          </Notice>
        ) : query.isPending ? (
          <Skeleton rows={4} />
        ) : (
          <Loaded query={query}>
            {(shown: Shown) => (
              <>
                <p className="external__lead">
                  {t("external.lead", { author: shown.author, agency: shown.agency, step: shown.step_name })}
                </p>
                {old && (
                  <Notice kind="warning">
                    <p>{t("errors.version_old")}</p>
                  </Notice>
                )}
                <dl className="facts external__facts">
                  <div>
                    <dt>{t("external.when")}</dt>
                    <dd>
                      {shown.due_at
                        ? `${dateAndTime(shown.due_at, shown.zone, locale)} (${place(shown.zone)}, ${offset(Date.parse(shown.due_at), shown.zone)})`
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
                {shown.note && (
                  <blockquote className="decision__words" dir="auto">
                    {shown.note}
                  </blockquote>
                )}
                <section aria-label={t("compose.preview")} className="external__previews">
                  <h2>{t("external.previews")}</h2>
                  {shown.previews.map((preview) => (
                    <div key={`${preview.network}${preview.handle}`} className="external__preview">
                      <PreviewCard
                        profile={preview}
                        text={preview.text}
                        pictures={shown.media.map((media) => ({ key: media.url, url: media.url, alt: media.alt }))}
                      />
                      <p className="muted">
                        {t("external.length", {
                          network: preview.network_name,
                          length: preview.length,
                          limit: preview.limit,
                        })}
                      </p>
                    </div>
                  ))}
                  {shown.media.length > 0 && (
                    <ul className="external__alts">
                      {shown.media.map((media, index) => (
                        <li key={media.url}>
                          <strong>{t("external.image", { number: index + 1 })}</strong> {media.alt || t("post.noAlt")}
                        </li>
                      ))}
                    </ul>
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
                <section className="sheet external__decide" aria-labelledby="decide-title">
                  <h2 id="decide-title">{t("external.decide")}</h2>
                  <p className="muted">{t("external.once")}</p>
                  <Decide key={shown.version} onDecide={(decision) => decide(shown, decision)} />
                </section>
              </>
            )}
          </Loaded>
        )}
      </main>
    </div>
  );
}
