import { parseDate } from "@internationalized/date";
import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import type { AgencyEvent } from "../../api/types";
import { localeOf } from "../../i18n";
import { dayAndMonth } from "../../time/format";
import { type Beside, NOTHING } from "./agenda";
import { EventRow, HolidayLabel } from "./Beside";
import { EntryRow } from "./EntryLink";
import type { Entry } from "./entries";

type Props = {
  days: [string, Entry[]][];
  beside: Map<string, Beside>;
  zone: string;
  today: string;
  hasToday: boolean;
  onEvent: (event: AgencyEvent) => void;
};

/** Every day with posts, events or a holiday, and today in any case; what lies ahead is in view at once, what is past lies above it. */
export function DayList({ days, beside, zone, today, hasToday, onEvent }: Props) {
  const { t, i18n } = useTranslation();
  const list = useRef<HTMLDivElement>(null);
  const shown: [string, Entry[]][] = hasToday && !days.some(([day]) => day === today) ? [...days, [today, []]] : days;
  useEffect(() => {
    if (hasToday) list.current?.querySelector(".day-list__day--today")?.scrollIntoView({ block: "start" });
  }, [hasToday]);
  return (
    <div className="day-list" ref={list}>
      {[...shown]
        .sort(([one], [other]) => one.localeCompare(other))
        .map(([day, entries]) => ({ day, entries, ...(beside.get(day) ?? NOTHING) }))
        .map(({ day, entries, holidays, events }) => (
          <section key={day} className={`day-list__day${day === today ? " day-list__day--today" : ""}`}>
            <h3>
              {dayAndMonth(parseDate(day).toDate("UTC").getTime(), "UTC", localeOf(i18n.language))}
              {day === today && <span className="day-list__today">{t("calendar.today")}</span>}
              <HolidayLabel names={holidays} />
            </h3>
            {entries.length === 0 && events.length === 0 && <p className="muted">{t("calendar.emptyDay")}</p>}
            <ul className="rows">
              {events.map((event) => (
                <li key={event.id}>
                  <EventRow event={event} zone={zone} onOpen={onEvent} />
                </li>
              ))}
              {entries.map((entry) => (
                <li key={entry.key}>
                  <EntryRow entry={entry} zone={zone} />
                </li>
              ))}
            </ul>
          </section>
        ))}
    </div>
  );
}
