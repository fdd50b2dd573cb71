import { CalendarDate, type CalendarDateTime, Time, toCalendarDateTime, toTime } from "@internationalized/date";
import type { Schedule } from "../api/types";
import { dayOf, inZone, type WallTime, wallTime } from "../time/zones";

/** When a post shall leave, as a person states it: a wall-clock time somewhere. */
export type Due = { date: CalendarDate; time: Time; zone: string; which: "earlier" | "later" | null };

export function localOf(due: Due): CalendarDateTime {
  return toCalendarDateTime(due.date, due.time);
}

export const meaning = (due: Due): WallTime => wallTime(localOf(due), due.zone);

/** The instant, when the wall-clock time means exactly one. */
export function instant(due: Due): number | null {
  const means = meaning(due);
  if (means.kind === "once") return means.at;
  if (means.kind === "repeated" && due.which) return means[due.which];
  return null;
}

export function asSchedule(due: Due): Schedule {
  const means = meaning(due);
  return {
    due_local: localOf(due).toString().slice(0, 19),
    zone: due.zone,
    ...(means.kind === "repeated" && due.which ? { which: due.which } : {}),
  };
}

/** The next full hour that is at least half an hour away. */
export function firstProposal(zone: string, now: number, day?: string | null): Due {
  const soon = inZone(now + 30 * 60_000, zone);
  const next = soon.set({ minute: 0, second: 0, millisecond: 0 }).add({ hours: 1 });
  if (day && /^\d{4}-\d\d-\d\d$/.test(day)) {
    const [year, month, date] = day.split("-").map(Number) as [number, number, number];
    const wanted = new CalendarDate(year, month, date);
    const today = dayOf(now, zone);
    return { date: wanted, time: wanted.compare(today) > 0 ? new Time(9, 0) : toTime(next), zone, which: null };
  }
  return { date: new CalendarDate(next.year, next.month, next.day), time: toTime(next), zone, which: null };
}

export function dueOf(moment: string, zone: string): Due {
  const there = inZone(moment, zone);
  const due: Due = {
    date: new CalendarDate(there.year, there.month, there.day),
    time: new Time(there.hour, there.minute, there.second),
    zone,
    which: null,
  };
  const means = meaning(due);
  if (means.kind === "repeated") due.which = Date.parse(moment) === means.later ? "later" : "earlier";
  return due;
}
