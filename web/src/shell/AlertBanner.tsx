import { useQuery } from "@tanstack/react-query";
import { ChevronRight, Siren } from "lucide-react";
import { useTranslation } from "react-i18next";
import { Link, useLocation } from "wouter";
import { may } from "../api/access";
import { queries } from "../api/queries";
import type { AlertSummary } from "../api/types";
import { localeOf } from "../i18n";
import { ago } from "../time/format";
import { useNow } from "../time/now";
import { networkName } from "../ui/Network";
import { useMe } from "./me";

/** The alerts that nobody has in hand yet. */
export function useUnacknowledged(): AlertSummary[] {
  const me = useMe();
  const newest = useQuery({ ...queries.newestAlerts(), enabled: may(me, "inbox") });
  return newest.data?.filter((alert) => alert.acknowledged === null) ?? [];
}

/** Stands on every screen while an alert is not acknowledged, but for its own. */
export function AlertBanner({ ringing }: { ringing: AlertSummary[] }) {
  const { t, i18n } = useTranslation();
  const now = useNow();
  const [location] = useLocation();
  const elsewhere = ringing.filter((alert) => location !== `/alerts/${alert.id}`);
  const first = elsewhere[0];
  if (!first || location === "/alerts") return null;
  return (
    <div className="alert-banner" role="status">
      <Link href={elsewhere.length === 1 ? `/alerts/${first.id}` : "/alerts"}>
        <Siren size={20} aria-hidden="true" />
        <span className="alert-banner__words">
          <strong>{t("alerts.banner", { count: elsewhere.length })}</strong>{" "}
          <span className="alert-banner__more">
            {t("alerts.bannerLast", {
              messages: first.count,
              handle: first.handle,
              network: networkName(first.network),
              ago: ago(first.escalated_at ?? first.raised_at, now, localeOf(i18n.language)),
            })}
          </span>
        </span>
        <ChevronRight size={20} aria-hidden="true" />
      </Link>
    </div>
  );
}
