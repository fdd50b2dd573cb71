/** Times for people, always in a zone that is named by the caller and never silently the browser's. */
const formats = new Map<string, Intl.DateTimeFormat>();

function format(locale: string, zone: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${locale}|${zone}|${JSON.stringify(options)}`;
  let made = formats.get(key);
  if (!made) {
    made = new Intl.DateTimeFormat(locale, { ...options, timeZone: zone, hourCycle: "h23" });
    formats.set(key, made);
  }
  return made;
}

const epoch = (moment: string | number) => (typeof moment === "number" ? moment : Date.parse(moment));

export function clock(moment: string | number, zone: string, locale: string): string {
  return format(locale, zone, { hour: "2-digit", minute: "2-digit" }).format(epoch(moment));
}

export function clockWithSeconds(moment: string | number, zone: string, locale: string): string {
  return format(locale, zone, { hour: "2-digit", minute: "2-digit", second: "2-digit" }).format(epoch(moment));
}

/** To the tenth of a second: 14:00:00.4 (14:00:00,4 in French). */
export function clockWithTenths(moment: string | number, zone: string, locale: string): string {
  return format(locale, zone, {
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    fractionalSecondDigits: 1,
  }).format(epoch(moment));
}

/** French writes days in lower case; these stand at the head of a line. */
const capital = (words: string) => words.charAt(0).toUpperCase() + words.slice(1);

export function longDay(moment: string | number, zone: string, locale: string): string {
  return capital(
    format(locale, zone, { weekday: "long", day: "numeric", month: "long", year: "numeric" }).format(epoch(moment)),
  );
}

export function dayAndMonth(moment: string | number, zone: string, locale: string): string {
  return capital(format(locale, zone, { weekday: "long", day: "numeric", month: "long" }).format(epoch(moment)));
}

export function dayAndTime(moment: string | number, zone: string, locale: string): string {
  return format(locale, zone, {
    weekday: "short",
    day: "numeric",
    month: "short",
    hour: "2-digit",
    minute: "2-digit",
  }).format(epoch(moment));
}

export function dateAndTime(moment: string | number, zone: string, locale: string): string {
  return format(locale, zone, {
    day: "numeric",
    month: "short",
    year: "numeric",
    hour: "2-digit",
    minute: "2-digit",
  }).format(epoch(moment));
}

export function monthAndYear(moment: string | number, zone: string, locale: string): string {
  return format(locale, zone, { month: "long", year: "numeric" }).format(epoch(moment));
}

/** A date without a time (a campaign's): formatted as it stands, in no zone. */
export function plainDate(date: string, locale: string): string {
  return format(locale, "UTC", { day: "numeric", month: "short", year: "numeric" }).format(
    Date.parse(`${date}T00:00:00Z`),
  );
}

/** From one date to another, both whole days: 18–24 Nov 2026. */
export function dateRange(first: string, last: string, locale: string): string {
  return format(locale, "UTC", { day: "numeric", month: "short", year: "numeric" }).formatRange(
    Date.parse(`${first}T00:00:00Z`),
    Date.parse(`${last}T00:00:00Z`),
  );
}

const UNITS: [Intl.RelativeTimeFormatUnit, number][] = [
  ["day", 86_400_000],
  ["hour", 3_600_000],
  ["minute", 60_000],
  ["second", 1_000],
];

export function relative(moment: string | number, now: number, locale: string): string {
  const distance = epoch(moment) - now;
  const words = new Intl.RelativeTimeFormat(locale, { numeric: "auto" });
  for (const [unit, size] of UNITS) {
    if (Math.abs(distance) >= size || unit === "second") return words.format(Math.round(distance / size), unit);
  }
  return "";
}

/** Of what has happened. A screen's own clock ticks seldom and the server's may be ahead: never "in 13 seconds". */
export function ago(moment: string | number, now: number, locale: string): string {
  return relative(Math.min(epoch(moment), now), now, locale);
}

/** Seconds cut to the tenth, as a clock that shows tenths cuts them: 0.38 is 0.3. */
export function tenths(seconds: number, locale: string): string {
  return new Intl.NumberFormat(locale, { minimumFractionDigits: 1, maximumFractionDigits: 1 }).format(
    Math.floor(seconds * 10) / 10,
  );
}

/** How long since, in its largest unit and no less than a minute: 3 hours. */
export function elapsed(moment: string | number, now: number, locale: string): string {
  const distance = Math.max(60_000, now - epoch(moment));
  const [unit, size] = UNITS.find(([, each]) => distance >= each) ?? ["minute", 60_000];
  return new Intl.NumberFormat(locale, { style: "unit", unit, unitDisplay: "long" }).format(
    Math.floor(distance / size),
  );
}
