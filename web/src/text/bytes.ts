/** 812 kB, 1.2 MB (812 ko, 1,2 Mo in French). */
export function bytes(count: number, locale: string): string {
  const large = count >= 1_000_000;
  return new Intl.NumberFormat(locale, {
    style: "unit",
    unit: large ? "megabyte" : "kilobyte",
    maximumFractionDigits: large ? 1 : 0,
  }).format(Math.max(count / (large ? 1_000_000 : 1_000), large ? 0 : 1));
}
