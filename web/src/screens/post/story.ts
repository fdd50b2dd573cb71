import i18next, { type TFunction } from "i18next";
import type { HistoryEvent } from "../../api/types";
import { clockWithSeconds, clockWithTenths, dateAndTime, tenths } from "../../time/format";
import { reasonWords } from "../../words";

/** One event in plain words. */
export type Told = { words: string; tone: "plain" | "good" | "bad" | "wait" };

const TONES: [RegExp, Told["tone"]][] = [
  [/held|unconfirmed|delayed|displaced/, "wait"],
  [/failed/, "bad"],
  [/published/, "good"],
];

const asText = (value: unknown): string | null => (typeof value === "string" && value !== "" ? value : null);
const asNumber = (value: unknown): number | null => (typeof value === "number" ? value : null);

/** A moment from milliseconds since the epoch, as the interface's formats take it. */
const asMoment = (value: unknown): string | null => (typeof value === "number" ? new Date(value).toISOString() : null);

export function tell(t: TFunction, event: HistoryEvent, zone: string, locale: string): Told {
  const tone = TONES.find(([pattern]) => pattern.test(event.kind))?.[1] ?? "plain";
  const code = asText(event.detail.reason);
  const due = asMoment(event.detail.due_at_ms);
  const parts: string[] = [];

  const key = `story.${event.kind.replace(".", "_")}`;
  parts.push(i18next.exists(key) ? t(key as "story.post_created") : t("story.unknown", { kind: event.kind }));

  if (due && /scheduled|released/.test(event.kind))
    parts.push(t("story.for", { time: dateAndTime(due, zone, locale) }));
  const attempt = asNumber(event.detail.attempt);
  // A held delivery was claimed, but nothing of it was sent.
  if (attempt !== null && !/published|held/.test(event.kind)) parts.push(t("story.attempt", { number: attempt }));
  const [part, of] = [asNumber(event.detail.part), asNumber(event.detail.parts)];
  if (part !== null && of !== null) parts.push(t("story.partOf", { part, parts: of }));
  if (code) parts.push(reasonWords(t, code));
  if (event.kind === "delivery.published") {
    // Never a minus where two clocks differ by a hair.
    const late = due ? Math.max(0, Date.parse(event.at) - Date.parse(due)) / 1000 : null;
    const time = clockWithTenths(event.at, zone, locale);
    parts.push(late === null ? t("story.at", { time }) : t("story.atLate", { time, late: tenths(late, locale) }));
  }
  const wait = asNumber(event.detail.wait_s);
  if (wait !== null) {
    const again = new Date(Date.parse(event.at) + wait * 1000).toISOString();
    parts.push(t("story.again", { time: clockWithSeconds(again, zone, locale) }));
  }
  return { words: parts.join(" · "), tone };
}
