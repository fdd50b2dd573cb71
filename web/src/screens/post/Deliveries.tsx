import { ExternalLink } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { Delivery } from "../../api/types";
import { localeOf } from "../../i18n";
import { clock, clockWithTenths, dateAndTime, tenths } from "../../time/format";
import { NetworkMark, networkName } from "../../ui/Network";
import { StateBadge } from "../../ui/State";
import { reasonWords } from "../../words";
import { DeliveryActions } from "../attention/DeliveryActions";

function Facts({ delivery, zone }: { delivery: Delivery; zone: string }) {
  const { t, i18n } = useTranslation();
  const locale = localeOf(i18n.language);
  const late = delivery.published_at
    ? Math.max(0, Date.parse(delivery.published_at) - Date.parse(delivery.due_at)) / 1000
    : null;
  return (
    <div className="delivery__facts">
      {delivery.published_at ? (
        <p>
          {t("post.publishedAt", { time: clockWithTenths(delivery.published_at, zone, locale) })}
          {late !== null && <span className="muted"> {t("post.late", { seconds: tenths(late, locale) })}</span>}
        </p>
      ) : (
        delivery.state !== "cancelled" && <p>{t("post.dueAt", { time: dateAndTime(delivery.due_at, zone, locale) })}</p>
      )}
      {delivery.parts > 1 && delivery.standing > 0 && (
        <p className={delivery.standing < delivery.parts ? "delivery__cut" : "muted"}>
          {t("post.thread", { count: delivery.standing, parts: delivery.parts })}
        </p>
      )}
      {delivery.reason && (
        <p className="delivery__reason">
          {reasonWords(t, delivery.reason.code)}
          {delivery.reason.detail && <q className="delivery__said">{delivery.reason.detail}</q>}
        </p>
      )}
      {delivery.state === "queued" && delivery.attempts > 0 && delivery.next_at && (
        <p className="muted">
          {t("post.tryAgain", { count: delivery.attempts, time: clock(delivery.next_at, zone, locale) })}
        </p>
      )}
    </div>
  );
}

type Props = { deliveries: Delivery[]; zone: string; mayAct: boolean };

export function Deliveries({ deliveries, zone, mayAct }: Props) {
  const { t } = useTranslation();
  return (
    <ul className="deliveries">
      {deliveries.map((delivery) => (
        <li key={delivery.id} className="delivery">
          <div className="delivery__head">
            <NetworkMark network={delivery.network} size={20} label={false} />
            <p className="delivery__who">
              <strong>{delivery.handle}</strong>
              <span className="muted">{networkName(delivery.network)}</span>
            </p>
            <StateBadge state={delivery.state} />
          </div>
          <Facts delivery={delivery} zone={zone} />
          <div className="delivery__acts">
            {delivery.url && (
              <a href={delivery.url} target="_blank" rel="noreferrer" className="button button--plain button--small">
                <ExternalLink size={15} aria-hidden="true" />
                {t("post.seeOn", { network: networkName(delivery.network) })}
                <span className="visually-hidden">{t("common.newTab")}</span>
              </a>
            )}
            {mayAct && <DeliveryActions delivery={delivery} />}
          </div>
        </li>
      ))}
    </ul>
  );
}
