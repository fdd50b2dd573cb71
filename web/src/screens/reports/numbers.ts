import type { Definition, Measured, ReportFigures, ReportRow } from "../../api/types";

/** A figure as people read it; null where it is not given. */
export function written(name: string, value: number | null, definitions: Definition[], locale: string): string | null {
  if (value === null) return null;
  const unit = definitions.find((definition) => definition.name === name)?.unit ?? "count";
  if (unit === "percent")
    return new Intl.NumberFormat(locale, {
      style: "percent",
      minimumFractionDigits: 2,
      maximumFractionDigits: 2,
    }).format(value / 100);
  const digits = unit === "decimal" ? 1 : 0;
  return new Intl.NumberFormat(locale, { minimumFractionDigits: digits, maximumFractionDigits: digits }).format(value);
}

/** By how much it changed against the period before, as a share; null where there is nothing to compare with. */
export function change(measured: Measured): number | null {
  if (measured.value === null || measured.before === null || measured.before === 0) return null;
  return (measured.value - measured.before) / Math.abs(measured.before);
}

export const figureOf = (measures: Measured[], name: string): number | null =>
  measures.find((measured) => measured.name === name)?.value ?? null;

/** The columns that hold a figure at all, of this period or the one before. */
export const given = (figures: ReportFigures): string[] =>
  figures.columns.filter(
    (name) =>
      figures.rows.some((row) => figureOf(row.measures, name) !== null) ||
      figures.totals.some((total) => total.name === name && (total.value !== null || total.before !== null)),
  );

/** Rows by a measure, by "label" or by "at" (when they left). What is not given comes last, whichever way. */
export function inOrder(rows: ReportRow[], by: string, down: boolean, locale: string): ReportRow[] {
  const words = new Intl.Collator(locale, { numeric: true });
  const value = (row: ReportRow): string | number | null =>
    by === "label" ? row.label : by === "at" ? row.at && Date.parse(row.at) : figureOf(row.measures, by);
  return [...rows].sort((one, other) => {
    const [here, there] = [value(one), value(other)];
    if (here === null || there === null) return Number(here === null) - Number(there === null);
    const order = typeof here === "string" ? words.compare(here, String(there)) : here - (there as number);
    return down ? -order : order;
  });
}

/** Each day of a period with its value; a day without any counts nothing. */
export function daily(figures: ReportFigures, name: string, first: string, last: string): [string, number][] {
  const days = new Map<string, number>();
  const end = Date.parse(`${last}T00:00:00Z`);
  for (let at = Date.parse(`${first}T00:00:00Z`); at <= end; at += 86_400_000)
    days.set(new Date(at).toISOString().slice(0, 10), 0);
  for (const point of figures.days) {
    const before = days.get(point.day);
    if (before !== undefined) days.set(point.day, before + (figureOf(point.measures, name) ?? 0));
  }
  return [...days];
}
