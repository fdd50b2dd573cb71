import "../../styles/alerts.css";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { CircleCheck, Siren, SlidersHorizontal } from "lucide-react";
import { Suspense, useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";
import { may } from "../../api/access";
import { queries } from "../../api/queries";
import type { AlertRule, AlertSummary, Profile } from "../../api/types";
import { localeOf } from "../../i18n";
import { useMe } from "../../shell/me";
import { ago, dateAndTime, dayAndTime } from "../../time/format";
import { useNow } from "../../time/now";
import { Button } from "../../ui/Button";
import { Empty, Loaded } from "../../ui/Loaded";
import { Avatar, NetworkMark, networkName } from "../../ui/Network";
import { Page } from "../../ui/Page";
import { RuleDialog } from "../screens";
import { amounts } from "./words";

function Row({ alert }: { alert: AlertSummary }) {
  const { t, i18n } = useTranslation();
  const locale = localeOf(i18n.language);
  const me = useMe();
  const now = useNow();
  const rings = alert.acknowledged === null;
  return (
    <Link href={`/alerts/${alert.id}`} className={`alert-row${rings ? " alert-row--rings" : ""}`}>
      {rings ? <Siren size={22} aria-hidden="true" /> : <CircleCheck size={22} aria-hidden="true" />}
      <span className="alert-row__words">
        <span className="alert-row__fact">{t("alerts.fact", amounts(alert, locale))}</span>
        <span className="alert-row__meta">
          <NetworkMark network={alert.network} size={13} label={false} /> {alert.handle} · {networkName(alert.network)}
        </span>
        <span className="alert-row__meta">
          {alert.acknowledged
            ? t("alerts.acknowledgedBy", {
                name: alert.acknowledged.by.name,
                time: dayAndTime(alert.acknowledged.at, me.agency.zone, locale),
              })
            : t("alerts.nobody")}
        </span>
      </span>
      <time
        className="alert-row__time"
        dateTime={alert.raised_at}
        title={dateAndTime(alert.raised_at, me.agency.zone, locale)}
      >
        {ago(alert.raised_at, now, locale)}
      </time>
    </Link>
  );
}

function Rules() {
  const { t } = useTranslation();
  const me = useMe();
  const rules = useQuery(queries.alertRules());
  const profiles = useQuery(queries.profiles());
  const [open, setOpen] = useState<{ rule: AlertRule; profile: Profile } | null>(null);
  return (
    <section aria-labelledby="rules-title" className="rules">
      <h2 id="rules-title">{t("alerts.rules.title")}</h2>
      <p className="muted">{t("alerts.rules.lead")}</p>
      <Loaded query={rules} rows={2}>
        {(found: AlertRule[]) =>
          found.length === 0 ? (
            <p className="rules__none">{t("alerts.rules.none")}</p>
          ) : (
            <ul className="rules__list">
              {found.map((rule) => {
                const profile = profiles.data?.find((candidate) => candidate.id === rule.profile);
                if (!profile) return null;
                return (
                  <li key={rule.id} className="rule">
                    <Avatar name={profile.display_name || profile.handle} network={profile.network} size={38} />
                    <div className="rule__words">
                      <p className="rule__name">{profile.display_name || profile.handle}</p>
                      <p className="muted">
                        {rule.active
                          ? t("alerts.rules.summary", {
                              method: t(`alerts.rules.methods.${rule.method}`),
                              sensitivity: t(`alerts.rules.sensitivities.${rule.sensitivity}`),
                              floor: rule.floor,
                            })
                          : t("alerts.rules.off")}
                      </p>
                    </div>
                    {may(me, "alert", profile.department) && (
                      <Button
                        small
                        icon={<SlidersHorizontal size={15} aria-hidden="true" />}
                        aria-label={t("alerts.rules.changeNamed", { handle: profile.handle })}
                        onClick={() => setOpen({ rule, profile })}
                      >
                        {t("alerts.rules.change")}
                      </Button>
                    )}
                  </li>
                );
              })}
            </ul>
          )
        }
      </Loaded>
      {open && (
        <Suspense fallback={null}>
          <RuleDialog {...open} onClose={() => setOpen(null)} />
        </Suspense>
      )}
    </section>
  );
}

/** What rang, the newest first, and what makes it ring. */
export default function Alerts() {
  const { t } = useTranslation();
  const alerts = useInfiniteQuery(queries.alerts());
  const found = alerts.data?.pages.flatMap((page) => page.items) ?? [];
  const ringing = found.filter((alert) => alert.acknowledged === null);
  const past = found.filter((alert) => alert.acknowledged !== null);
  return (
    <Page title={t("alerts.title")} lead={t("alerts.lead")}>
      <Loaded query={alerts} rows={4}>
        {() =>
          found.length === 0 ? (
            <Empty title={t("alerts.empty")}>
              <p>{t("alerts.emptyWords")}</p>
            </Empty>
          ) : (
            <>
              {ringing.length > 0 && (
                <section aria-labelledby="ringing-title">
                  <h2 id="ringing-title" className="alerts__part">
                    {t("alerts.ringing")}
                  </h2>
                  <ul className="alert-rows">
                    {ringing.map((alert) => (
                      <li key={alert.id}>
                        <Row alert={alert} />
                      </li>
                    ))}
                  </ul>
                </section>
              )}
              {past.length > 0 && (
                <section aria-labelledby="past-title">
                  <h2 id="past-title" className="alerts__part">
                    {t("alerts.past")}
                  </h2>
                  <ul className="alert-rows">
                    {past.map((alert) => (
                      <li key={alert.id}>
                        <Row alert={alert} />
                      </li>
                    ))}
                  </ul>
                </section>
              )}
              {alerts.hasNextPage && (
                <Button
                  busy={alerts.isFetchingNextPage}
                  className="alerts__more"
                  onClick={() => alerts.fetchNextPage()}
                >
                  {t("alerts.more")}
                </Button>
              )}
            </>
          )
        }
      </Loaded>
      <Rules />
    </Page>
  );
}
