import type { CalendarDate } from "@internationalized/date";
import { type KeyboardEvent, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type { AgencyEvent } from "../../api/types";
import { localeOf } from "../../i18n";
import { longDay } from "../../time/format";
import { type Beside, NOTHING } from "./agenda";
import { EventChip, HolidayLabel } from "./Beside";
import { EntryChip } from "./EntryLink";
import type { Entry } from "./entries";

const SHOWN = 3;
const EVENTS_SHOWN = 2;

type Props = {
  weeks: CalendarDate[][];
  month: CalendarDate;
  today: CalendarDate;
  days: Map<string, Entry[]>;
  beside: Map<string, Beside>;
  zone: string;
  onOpen: (day: string) => void;
  onEvent: (event: AgencyEvent) => void;
};

const STEPS: Record<string, number> = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -7, ArrowDown: 7 };

/** A grid in ARIA's sense: one stop for Tab, arrow keys from day to day, Home and End within a week, Enter opens. */
export function MonthGrid({ weeks, month, today, days, beside, zone, onOpen, onEvent }: Props) {
  const { t, i18n } = useTranslation();
  const locale = localeOf(i18n.language);
  const grid = useRef<HTMLTableElement>(null);
  const all = weeks.flat();
  const start = all.find((day) => day.compare(today) === 0) ?? month;
  const [focused, setFocused] = useState<string | null>(null);
  const stop = focused && all.some((day) => day.toString() === focused) ? focused : start.toString();

  function move(event: KeyboardEvent, index: number) {
    const weekday = index % 7;
    const to =
      event.key === "Home"
        ? index - weekday
        : event.key === "End"
          ? index - weekday + 6
          : index + (STEPS[event.key] ?? 0);
    if (event.key === "Enter" || event.key === " ") {
      if (event.target !== event.currentTarget) return;
      event.preventDefault();
      onOpen(all[index]?.toString() ?? stop);
      return;
    }
    const day = all[to];
    if (to === index || !day) return;
    event.preventDefault();
    setFocused(day.toString());
    grid.current?.querySelector<HTMLElement>(`[data-day="${day.toString()}"]`)?.focus();
  }

  return (
    // biome-ignore lint/a11y/noNoninteractiveElementToInteractiveRole: a table that is walked with the keyboard is a grid
    <table className="month-grid" role="grid" ref={grid} aria-label={t("nav.calendar")}>
      <thead>
        <tr>
          {weeks[0]?.map((day) => {
            const moment = day.toDate("UTC").getTime();
            return (
              <th
                key={day.toString()}
                scope="col"
                abbr={new Intl.DateTimeFormat(locale, { weekday: "long", timeZone: "UTC" }).format(moment)}
              >
                {new Intl.DateTimeFormat(locale, { weekday: "short", timeZone: "UTC" }).format(moment)}
              </th>
            );
          })}
        </tr>
      </thead>
      <tbody>
        {weeks.map((week, row) => (
          <tr key={week[0]?.toString()}>
            {week.map((day, column) => {
              const key = day.toString();
              const entries = days.get(key) ?? [];
              const isToday = day.compare(today) === 0;
              const { holidays, events } = beside.get(key) ?? NOTHING;
              const eventsShown = events.slice(0, EVENTS_SHOWN);
              const shown = entries.length > SHOWN ? entries.slice(0, SHOWN - 1) : entries;
              const hidden = entries.length - shown.length + events.length - eventsShown.length;
              return (
                <td
                  key={key}
                  data-day={key}
                  tabIndex={key === stop ? 0 : -1}
                  className={`cell${day.month !== month.month ? " cell--other" : ""}${isToday ? " cell--today" : ""}`}
                  aria-current={isToday ? "date" : undefined}
                  onKeyDown={(event) => move(event, row * 7 + column)}
                  onFocus={() => setFocused(key)}
                  onClick={(event) => event.target === event.currentTarget && onOpen(key)}
                >
                  <button type="button" className="cell__day" tabIndex={-1} onClick={() => onOpen(key)}>
                    <span aria-hidden="true">{day.day}</span>
                    <span className="visually-hidden">
                      {[
                        longDay(day.toDate("UTC").getTime(), "UTC", locale),
                        t("calendar.posts", { count: entries.length }),
                        ...(events.length > 0 ? [t("agenda.events", { count: events.length })] : []),
                      ].join(", ")}
                    </span>
                  </button>
                  <HolidayLabel names={holidays} />
                  {eventsShown.map((event) => (
                    <EventChip key={event.id} event={event} zone={zone} onOpen={onEvent} />
                  ))}
                  {shown.map((entry) => (
                    <EntryChip key={entry.key} entry={entry} zone={zone} />
                  ))}
                  {hidden > 0 && (
                    <button type="button" className="cell__more" tabIndex={-1} onClick={() => onOpen(key)}>
                      {t("calendar.more", { count: hidden })}
                    </button>
                  )}
                </td>
              );
            })}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
