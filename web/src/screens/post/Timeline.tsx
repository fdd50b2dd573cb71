import { useTranslation } from "react-i18next";
import type { HistoryEvent, Profile } from "../../api/types";
import { localeOf } from "../../i18n";
import { clockWithSeconds, longDay } from "../../time/format";
import { NetworkMark } from "../../ui/Network";
import { tell } from "./story";

type Props = { events: HistoryEvent[]; profiles: Profile[]; zone: string };

/** What happened, in order, in plain words. */
export function Timeline({ events, profiles, zone }: Props) {
  const { t, i18n } = useTranslation();
  const locale = localeOf(i18n.language);
  const sorted = [...events].sort((one, other) => Date.parse(one.at) - Date.parse(other.at));
  return (
    <ol className="timeline">
      {sorted.map((event, index) => {
        const { words, tone } = tell(t, event, zone, locale);
        const profile = profiles.find((candidate) => candidate.id === event.profile);
        const day = longDay(event.at, zone, locale);
        const before = sorted[index - 1];
        return (
          <li key={event.id} className={`timeline__event timeline__event--${tone}`}>
            {(!before || longDay(before.at, zone, locale) !== day) && <p className="timeline__day">{day}</p>}
            <div className="timeline__line">
              <time dateTime={event.at} className="timeline__time">
                {clockWithSeconds(event.at, zone, locale)}
              </time>
              <div className="timeline__words">
                <p>
                  {profile && (
                    <span className="timeline__who">
                      <NetworkMark network={profile.network} size={13} /> {profile.handle} –{" "}
                    </span>
                  )}
                  {words}
                </p>
                <p className="timeline__actor">{event.actor?.name ?? event.outside ?? t("story.byParvis")}</p>
              </div>
            </div>
          </li>
        );
      })}
    </ol>
  );
}
