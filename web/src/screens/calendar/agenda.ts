import { type CalendarDate, parseDate, parseTime, toCalendarDateTime } from "@internationalized/date";
import type { AgencyEvent, Holiday } from "../../api/types";
import { dayOf, wallTime } from "../../time/zones";

/** What stands on a day beside its posts. */
export type Beside = { holidays: string[]; events: AgencyEvent[] };

export const NOTHING: Beside = { holidays: [], events: [] };

/** The first and the last day of an event in a zone. What ends at midnight does not touch the day that begins then. */
export function daysOf(event: AgencyEvent, zone: string): [CalendarDate, CalendarDate] {
  if (event.starts_on) return [parseDate(event.starts_on), parseDate(event.ends_on ?? event.starts_on)];
  const start = Date.parse(event.starts_at ?? "");
  const end = event.ends_at ? Date.parse(event.ends_at) : start;
  return [dayOf(start, zone), dayOf(Math.max(start, end - 1), zone)];
}

/** Each day in [first, end) on which something stands, in the zone that is read in. */
export function besideByDay(
  events: AgencyEvent[],
  holidays: Holiday[],
  zone: string,
  first: CalendarDate,
  end: CalendarDate,
): Map<string, Beside> {
  const days = new Map<string, Beside>();
  const at = (day: string) => {
    const there = days.get(day) ?? { holidays: [], events: [] };
    days.set(day, there);
    return there;
  };
  for (const holiday of holidays) at(holiday.day).holidays.push(holiday.name);
  for (const event of events) {
    const [from, last] = daysOf(event, zone);
    const to = last.compare(end) < 0 ? last : end.subtract({ days: 1 });
    for (let day = from.compare(first) < 0 ? first : from; day.compare(to) <= 0; day = day.add({ days: 1 })) {
      at(day.toString()).events.push(event);
    }
  }
  return days;
}

/** What a date and a time of a form mean in a zone. Of a time that comes twice, the first; null for one that is skipped. */
export function instantOf(date: string, time: string, zone: string): { at: number; twice: boolean } | null {
  const means = wallTime(toCalendarDateTime(parseDate(date), parseTime(time)), zone);
  if (means.kind === "skipped") return null;
  return means.kind === "once" ? { at: means.at, twice: false } : { at: means.earlier, twice: true };
}
