import {
  type CalendarDate,
  type CalendarDateTime,
  fromAbsolute,
  toCalendarDate,
  toCalendarDateTime,
  toZoned,
  type ZonedDateTime,
} from "@internationalized/date";

export const readersZone = () => Intl.DateTimeFormat().resolvedOptions().timeZone;

export function inZone(moment: string | number, zone: string): ZonedDateTime {
  return fromAbsolute(typeof moment === "number" ? moment : Date.parse(moment), zone);
}

export function dayOf(moment: string | number, zone: string): CalendarDate {
  return toCalendarDate(inZone(moment, zone));
}

/** Milliseconds since the epoch of the first instant of a day in a zone (which need not be midnight). */
export function startOf(day: CalendarDate, zone: string): number {
  return toZoned(day, zone).toDate().getTime();
}

/** What a wall-clock time means in a zone. */
export type WallTime =
  | { kind: "once"; at: number }
  | { kind: "repeated"; earlier: number; later: number }
  | { kind: "skipped"; before: CalendarDateTime; after: CalendarDateTime };

/**
 * When clocks go back an hour is lived twice; when they go forward one is not lived at all. In the second case `before`
 * and `after` are the real times as far ahead of and behind the change as the one asked for.
 */
export function wallTime(local: CalendarDateTime, zone: string): WallTime {
  const earlier = toZoned(local, zone, "earlier");
  const later = toZoned(local, zone, "later");
  const [first, second] = [earlier.toDate().getTime(), later.toDate().getTime()];
  if (first === second) return { kind: "once", at: first };
  const back = toCalendarDateTime(fromAbsolute(first, zone));
  if (back.compare(local) === 0) return { kind: "repeated", earlier: first, later: second };
  const [before, after] = [back, toCalendarDateTime(fromAbsolute(second, zone))];
  return {
    kind: "skipped",
    before: before.compare(after) < 0 ? before : after,
    after: before.compare(after) < 0 ? after : before,
  };
}

/** The zone's distance from UTC at a moment, as people write it: UTC+01:00. */
export function offset(moment: number, zone: string): string {
  const minutes = Math.round(inZone(moment, zone).offset / 60_000);
  const sign = minutes < 0 ? "−" : "+";
  const [hours, rest] = [Math.floor(Math.abs(minutes) / 60), Math.abs(minutes) % 60];
  return `UTC${sign}${String(hours).padStart(2, "0")}:${String(rest).padStart(2, "0")}`;
}

export function sameClock(moment: number, one: string, other: string): boolean {
  return inZone(moment, one).offset === inZone(moment, other).offset;
}

/** The place a zone is named after: America/New_York is New York. */
export function place(zone: string): string {
  return (zone.split("/").at(-1) ?? zone).replaceAll("_", " ");
}

export function knownZones(first: string): string[] {
  const zones = new Set([first, readersZone(), "UTC", ...Intl.supportedValuesOf("timeZone")]);
  return [...zones];
}
