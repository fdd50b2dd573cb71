import { parseDate } from "@internationalized/date";
import { useTranslation } from "react-i18next";
import { localeOf } from "../../i18n";
import { dayAndMonth } from "../../time/format";
import { EntryRow } from "./EntryLink";
import type { Entry } from "./entries";

type Props = { days: [string, Entry[]][]; zone: string; today: string };

export function DayList({ days, zone, today }: Props) {
  const { t, i18n } = useTranslation();
  return (
    <div className="day-list">
      {[...days]
        .sort(([one], [other]) => one.localeCompare(other))
        .map(([day, entries]) => (
          <section key={day} className={`day-list__day${day === today ? " day-list__day--today" : ""}`}>
            <h3>
              {dayAndMonth(parseDate(day).toDate("UTC").getTime(), "UTC", localeOf(i18n.language))}
              {day === today && <span className="day-list__today">{t("calendar.today")}</span>}
            </h3>
            <ul className="rows">
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
