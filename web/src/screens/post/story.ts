import i18next, { type TFunction } from "i18next";
import type { HistoryEvent } from "../../api/types";
import { clockWithSeconds, clockWithTenths, dateAndTime, tenths } from "../../time/format";
import { reasonWords } from "../../words";

/** One event in plain words, and the network's own words where it gave some. */
export type Told = { words: string; quote: string | null; tone: "plain" | "good" | "bad" | "wait" };

// The first that fits: "unconfirmed" is not "confirmed".
const TONES: [RegExp, Told["tone"]][] = [
  [/held|unconfirmed|retry|delayed|pause/, "wait"],
  [/failed|rejected|broken|absent/, "bad"],
  [/published|confirmed/, "good"],
];

const asText = (value: unknown): string | null => (typeof value === "string" && value !== "" ? value : null);
const asNumber = (value: unknown): number | null => (typeof value === "number" ? value : null);

/** How long after its time it left, in seconds to the tenth; never a minus where clocks differ by a hair. */
function lateness(event: HistoryEvent): number | null {
  const ms = asNumber(event.detail.lateness_ms);
  if (ms !== null) return Math.max(0, ms) / 1000;
  const seconds = asNumber(event.detail.lateness_s) ?? asNumber(event.detail.late_s);
  if (seconds !== null) return Math.max(0, seconds);
  const due = asText(event.detail.due_at);
  return due && event.kind === "delivery.published" ? Math.max(0, Date.parse(event.at) - Date.parse(due)) / 1000 : null;
}

export function tell(t: TFunction, event: HistoryEvent, zone: string, locale: string): Told {
  const tone = TONES.find(([pattern]) => pattern.test(event.kind))?.[1] ?? "plain";
  const code = asText(event.detail.reason) ?? asText(event.detail.code);
  const quote = asText(event.detail.message) ?? asText(event.detail.detail) ?? asText(event.detail.answer);
  const due = asText(event.detail.due_at);
  const parts: string[] = [];

  const key = `story.${event.kind.replace(".", "_")}`;
  parts.push(i18next.exists(key) ? t(key as "story.post_created") : t("story.unknown", { kind: event.kind }));

  if (due && /scheduled|armed|queued/.test(event.kind))
    parts.push(t("story.for", { time: dateAndTime(due, zone, locale) }));
  const attempt = asNumber(event.detail.attempt);
  if (attempt !== null && event.kind !== "delivery.published") parts.push(t("story.attempt", { number: attempt }));
  if (code) parts.push(reasonWords(t, code));
  if (event.kind === "delivery.published") {
    const late = lateness(event);
    const at = asText(event.detail.published_at) ?? event.at;
    parts.push(
      late === null
        ? t("story.at", { time: clockWithTenths(at, zone, locale) })
        : t("story.atLate", {
            time: clockWithTenths(at, zone, locale),
            late: tenths(late, locale),
          }),
    );
  }
  const again = asText(event.detail.next_at) ?? asText(event.detail.retry_at);
  if (again) parts.push(t("story.again", { time: clockWithSeconds(again, zone, locale) }));
  return { words: parts.join(" · "), quote, tone };
}
