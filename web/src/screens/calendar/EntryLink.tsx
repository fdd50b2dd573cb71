import { useTranslation } from "react-i18next";
import { Link } from "wouter";
import { localeOf } from "../../i18n";
import { clock } from "../../time/format";
import { NetworkMark, networkName } from "../../ui/Network";
import { overall, StateBadge, StateMark } from "../../ui/State";
import type { Entry } from "./entries";

const networksOf = (entry: Entry) => [...new Set(entry.deliveries.map((delivery) => delivery.network))];

/** A post in a cell of the month. Days are walked with the arrow keys, so it is no stop of its own for Tab. */
export function EntryChip({ entry, zone }: { entry: Entry; zone: string }) {
  const { t, i18n } = useTranslation();
  const state = overall(entry.post.state, entry.deliveries);
  const time = clock(entry.at, zone, localeOf(i18n.language));
  return (
    <Link
      href={`/posts/${entry.post.id}`}
      className={`chip chip--${state}`}
      tabIndex={-1}
      title={`${time} ${entry.post.title}`}
    >
      <StateMark state={state} size={13} />
      <span className="chip__time">{time}</span>
      <span className="chip__title">{entry.post.title || t("calendar.noWords")}</span>
      <span className="visually-hidden">
        {[t(`states.${state}`), ...networksOf(entry).map(networkName)].join(", ")}
      </span>
      <span className="chip__networks" aria-hidden="true">
        {networksOf(entry).map((network) => (
          <NetworkMark key={network} network={network} size={12} label={false} />
        ))}
      </span>
    </Link>
  );
}

export function EntryRow({ entry, zone }: { entry: Entry; zone: string }) {
  const { t, i18n } = useTranslation();
  const state = overall(entry.post.state, entry.deliveries);
  return (
    <Link href={`/posts/${entry.post.id}`} className="row">
      <span className="row__time">{clock(entry.at, zone, localeOf(i18n.language))}</span>
      <span className="row__words">
        <span className="row__title">{entry.post.title || t("calendar.noWords")}</span>
        <span className="row__meta">
          <span className="row__networks">
            {networksOf(entry).map((network) => (
              <NetworkMark key={network} network={network} size={14} />
            ))}
          </span>
          {entry.post.media > 0 && <span>{t("calendar.images", { count: entry.post.media })}</span>}
          <span>{entry.post.author.name}</span>
        </span>
      </span>
      <StateBadge state={state} />
    </Link>
  );
}
