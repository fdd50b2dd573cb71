import type { AlertSummary } from "../../api/types";

/** Numbers of an alert as people read them: 9 rather than 8.97, but 0.4 and not 0. */
export function amounts(alert: Pick<AlertSummary, "count" | "expected" | "ratio">, locale: string) {
  const number = (value: number) =>
    new Intl.NumberFormat(locale, { maximumFractionDigits: value < 10 ? 1 : 0 }).format(value);
  return { messages: number(alert.count), expected: number(alert.expected), ratio: number(alert.ratio) };
}
