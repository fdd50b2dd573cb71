import "../../styles/alerts.css";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import {
  Check,
  CircleCheck,
  CircleX,
  Clock,
  ExternalLink,
  Mail,
  OctagonPause,
  Smartphone,
  TrendingUp,
} from "lucide-react";
import { Suspense, useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";
import { may } from "../../api/access";
import { api } from "../../api/client";
import { queries } from "../../api/queries";
import type { Alert } from "../../api/types";
import { localeOf } from "../../i18n";
import { useMe } from "../../shell/me";
import { isolated } from "../../text/bidi";
import { ago, clock, dateAndTime, dayAndTime } from "../../time/format";
import { useNow } from "../../time/now";
import { Button } from "../../ui/Button";
import { Loaded } from "../../ui/Loaded";
import { NetworkMark, networkName } from "../../ui/Network";
import { Notice } from "../../ui/Notice";
import { Page } from "../../ui/Page";
import { Named, Said } from "../../ui/Said";
import { say } from "../../ui/Toasts";
import { errorWords } from "../../words";
import { PauseDialog } from "../screens";
import { Steps } from "./Steps";
import { amounts } from "./words";

function Told({ alert }: { alert: Alert }) {
  const { t, i18n } = useTranslation();
  const locale = localeOf(i18n.language);
  const me = useMe();
  if (alert.told.length === 0) return <p className="muted">{t("alerts.toldNobody")}</p>;
  return (
    <ul className="told">
      {alert.told.map((one) => (
        <li key={`${one.person.id} ${one.channel}`} className={`told__one told__one--${one.state}`}>
          {one.channel === "email" ? (
            <Mail size={16} aria-hidden="true" />
          ) : (
            <Smartphone size={16} aria-hidden="true" />
          )}
          <span className="told__who">{one.person.name}</span>
          <span className="told__how">
            {one.state === "told" && <CircleCheck size={14} aria-hidden="true" />}
            {one.state === "waiting" && <Clock size={14} aria-hidden="true" />}
            {one.state === "failed" && <CircleX size={14} aria-hidden="true" />}
            {t(`alerts.channels.${one.channel}`)} · {t(`alerts.told.${one.state}`)}
            {one.at && ` · ${clock(one.at, me.agency.zone, locale)}`}
          </span>
        </li>
      ))}
    </ul>
  );
}

function Posts({ alert }: { alert: Alert }) {
  const { t, i18n } = useTranslation();
  const locale = localeOf(i18n.language);
  const me = useMe();
  if (alert.posts.length === 0) return <p className="muted">{t("alerts.noPosts")}</p>;
  return (
    <ul className="drivers">
      {alert.posts.map((post) => {
        const name = post.author.name.trim() || post.author.handle;
        return (
          <li key={`${post.conversation} ${post.written_at}`} className="driver">
            <p className="driver__head">
              <Named className="driver__name">{name}</Named>
              {post.author.followers !== null && (
                <span className="muted">
                  {t("inbox.followers", {
                    count: post.author.followers,
                    number: new Intl.NumberFormat(locale).format(post.author.followers),
                  })}
                </span>
              )}
              <time dateTime={post.written_at} title={dateAndTime(post.written_at, me.agency.zone, locale)}>
                {clock(post.written_at, me.agency.zone, locale)}
              </time>
            </p>
            <Said text={post.text} />
            <p className="driver__links">
              <Link href={`/inbox/${post.conversation}`} aria-label={t("alerts.toTalkNamed", { name: isolated(name) })}>
                {t("alerts.toTalk")}
              </Link>
              {post.url && (
                <a href={post.url} target="_blank" rel="noreferrer">
                  <ExternalLink size={13} aria-hidden="true" />
                  {t("post.seeOn", { network: networkName(alert.network) })}
                  <span className="visually-hidden">{t("common.newTab")}</span>
                </a>
              )}
            </p>
          </li>
        );
      })}
    </ul>
  );
}

function View({ alert }: { alert: Alert }) {
  const { t, i18n } = useTranslation();
  const locale = localeOf(i18n.language);
  const me = useMe();
  const now = useNow();
  const queryClient = useQueryClient();
  const pauses = useQuery(queries.pauses());
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const [pausing, setPausing] = useState(false);
  const zone = me.agency.zone;
  const numbers = amounts(alert, locale);
  const everythingPaused = pauses.data?.some((pause) => pause.scope.kind === "agency");
  const mayPause = may(me, "pause");

  async function acknowledge() {
    setBusy(true);
    setError(null);
    try {
      const after = await api.post<Alert>(`/alerts/${alert.id}/acknowledgement`);
      queryClient.setQueryData(queries.alert(alert.id).queryKey, after);
      say(t("alerts.acknowledged"));
    } catch (problem) {
      setError(problem);
    } finally {
      setBusy(false);
      await queryClient.invalidateQueries({ queryKey: ["alerts"] });
    }
  }

  return (
    <Page
      title={t("alerts.fact", numbers)}
      lead={
        <div className="alert-lead">
          <p className="alert-lead__profile">
            <NetworkMark network={alert.network} size={16} label={false} />
            <strong>{alert.handle}</strong> {networkName(alert.network)}
          </p>
          <p>
            {t("alerts.since", {
              time: dayAndTime(alert.raised_at, zone, locale),
              ago: ago(alert.raised_at, now, locale),
            })}
          </p>
          {alert.escalated_at && (
            <p className="alert-lead__grew">
              <TrendingUp size={16} aria-hidden="true" />
              {t("alerts.grew", { time: clock(alert.escalated_at, zone, locale) })}
            </p>
          )}
        </div>
      }
    >
      {error !== null && (
        <Notice kind="error" title={t("alerts.notAcknowledged")}>
          <p>{errorWords(t, error)}</p>
        </Notice>
      )}
      {alert.acknowledged && (
        <p className="alert-hand" role="status">
          <CircleCheck size={20} aria-hidden="true" />
          {t("alerts.inHand", {
            name:
              alert.acknowledged.by.id === me.id ? t("inbox.youNamed", { name: me.name }) : alert.acknowledged.by.name,
            time: dayAndTime(alert.acknowledged.at, zone, locale),
          })}
        </p>
      )}
      {(!alert.acknowledged || mayPause) && (
        <div className="alert-acts">
          {!alert.acknowledged && (
            <Button kind="primary" busy={busy} icon={<Check size={21} aria-hidden="true" />} onClick={acknowledge}>
              {t("alerts.acknowledge")}
            </Button>
          )}
          {mayPause &&
            (everythingPaused ? (
              <p className="alert-acts__paused">
                <OctagonPause size={19} aria-hidden="true" />
                {t("alerts.everythingPaused")}
              </p>
            ) : (
              <Button
                kind={alert.acknowledged ? "plain" : "danger"}
                className={alert.acknowledged ? "alert-acts__later" : ""}
                aria-haspopup="dialog"
                icon={<OctagonPause size={21} aria-hidden="true" />}
                onClick={() => setPausing(true)}
              >
                {t("alerts.pauseAll")}
              </Button>
            ))}
        </div>
      )}
      <div className="alert-grid">
        <div className="alert-grid__column">
          <section className="sheet" aria-labelledby="steps-title">
            <h2 id="steps-title">{t("alerts.steps")}</h2>
            <Steps alert={alert} />
            <p className="alert-why">
              {t("alerts.why", {
                method: t(`alerts.rules.methods.${alert.method}`),
                sensitivity: t(`alerts.rules.sensitivities.${alert.sensitivity}`),
                average: amounts({ ...alert, expected: alert.hourly_average }, locale).expected,
              })}{" "}
              {t("alerts.authors", { count: alert.authors })}
            </p>
          </section>
          <section className="sheet" aria-labelledby="drivers-title">
            <h2 id="drivers-title">{t("alerts.posts")}</h2>
            <Posts alert={alert} />
          </section>
        </div>
        <div className="alert-grid__column">
          <section className="sheet" aria-labelledby="terms-title">
            <h2 id="terms-title">{t("alerts.terms")}</h2>
            {alert.terms.length === 0 ? (
              <p className="muted">{t("alerts.noTerms")}</p>
            ) : (
              <ul className="terms">
                {alert.terms.map((term) => (
                  <li key={term.word} className="term">
                    <Named>{term.word}</Named>
                    <span className="term__count">
                      <span aria-hidden="true">{term.messages}</span>
                      <span className="visually-hidden">{t("alerts.inMessages", { count: term.messages })}</span>
                    </span>
                  </li>
                ))}
              </ul>
            )}
          </section>
          <section className="sheet" aria-labelledby="told-title">
            <h2 id="told-title">{t("alerts.toldTitle")}</h2>
            <Told alert={alert} />
          </section>
        </div>
      </div>
      {pausing && (
        <Suspense fallback={null}>
          <PauseDialog
            why={t("alerts.pauseWhy", { messages: numbers.messages, handle: alert.handle, expected: numbers.expected })}
            onClose={() => setPausing(false)}
          />
        </Suspense>
      )}
    </Page>
  );
}

/** One alert, made for a phone at 3 a.m.: what happened, and the two things to do about it, in reach of a thumb. */
export default function AlertPage({ id }: { id: string }) {
  const alert = useQuery(queries.alert(id));
  return <Loaded query={alert}>{(found: Alert) => <View alert={found} />}</Loaded>;
}
