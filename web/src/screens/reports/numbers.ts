import type { Definition, Measured } from "../../api/types";

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
