import type { CalendarDate } from "@internationalized/date";
import type { DeliverySummary, PostSummary } from "../../api/types";
import { dayOf } from "../../time/zones";

/** One place in the calendar: a post at a moment. A post whose deliveries leave at different times has several. */
export type Entry = { key: string; post: PostSummary; at: number; deliveries: DeliverySummary[] };

export function entriesOf(posts: PostSummary[]): Entry[] {
  const entries: Entry[] = [];
  for (const post of posts) {
    const moments = new Map<number, DeliverySummary[]>();
    for (const delivery of post.deliveries) {
      const at = Date.parse(delivery.due_at);
      moments.set(at, [...(moments.get(at) ?? []), delivery]);
    }
    if (moments.size === 0 && post.due_at) moments.set(Date.parse(post.due_at), []);
    for (const [at, deliveries] of moments) entries.push({ key: `${post.id}@${at}`, post, at, deliveries });
  }
  return entries.sort((one, other) => one.at - other.at || one.key.localeCompare(other.key));
}

export function byDay(entries: Entry[], zone: string): Map<string, Entry[]> {
  const days = new Map<string, Entry[]>();
  for (const entry of entries) {
    const day = dayOf(entry.at, zone).toString();
    const there = days.get(day);
    if (there) there.push(entry);
    else days.set(day, [entry]);
  }
  return days;
}

/** The whole weeks, Monday first, that a month touches. */
export function gridOf(month: CalendarDate): CalendarDate[][] {
  const first = month.set({ day: 1 });
  const weekday = (new Date(Date.UTC(first.year, first.month - 1, first.day)).getUTCDay() + 6) % 7;
  const start = first.subtract({ days: weekday });
  const next = first.add({ months: 1 });
  const weeks: CalendarDate[][] = [];
  for (let day = start; day.compare(next) < 0; day = day.add({ weeks: 1 })) {
    weeks.push(Array.from({ length: 7 }, (_, offset) => day.add({ days: offset })));
  }
  return weeks;
}
