import { expect, test } from "vitest";
import type { ReportFigures, ReportRow } from "../../api/types";
import { change, daily, given, inOrder, written } from "./numbers";

const definitions = [
  { name: "likes", unit: "count", applies_to: [], networks: [], formula: null },
  { name: "interaction_rate", unit: "percent", applies_to: [], networks: [], formula: null },
  { name: "interactions_per_post", unit: "decimal", applies_to: [], networks: [], formula: null },
] as never;

test("a figure is written as its reader writes numbers, and what is not given is never zero", () => {
  expect(written("likes", 1234, definitions, "en-CA")).toBe("1,234");
  expect(written("likes", 1234, definitions, "fr-CA")?.replace(/\s/g, " ")).toBe("1 234");
  expect(written("interaction_rate", 3.5, definitions, "en-CA")).toBe("3.50%");
  expect(written("interaction_rate", 3.5, definitions, "fr-CA")?.replace(/\s/g, " ")).toBe("3,50 %");
  expect(written("interactions_per_post", 420.94, definitions, "en-CA")).toBe("420.9");
  expect(written("likes", null, definitions, "en-CA")).toBeNull();
  expect(written("likes", 0, definitions, "en-CA")).toBe("0");
});

test("a change is against the period before, or there is none", () => {
  expect(change({ name: "likes", value: 15, before: 10 })).toBeCloseTo(0.5);
  expect(change({ name: "followers_gained", value: 5, before: -10 })).toBeCloseTo(1.5);
  expect(change({ name: "likes", value: 15, before: null })).toBeNull();
  expect(change({ name: "likes", value: 15, before: 0 })).toBeNull();
  expect(change({ name: "likes", value: null, before: 3 })).toBeNull();
});

const row = (id: string, label: string, likes: number | null, at: string | null = null): ReportRow => ({
  id,
  label,
  profile: "p",
  network: "bluesky",
  handle: "h",
  at,
  url: null,
  measures: [{ name: "likes", value: likes, before: null }],
});
const ids = (rows: ReportRow[]) => rows.map(({ id }) => id).join("");

test("rows are put in order by what is asked, and what is not given comes last either way", () => {
  const rows = [
    row("a", "École", 3, "2026-11-02T10:00:00Z"),
    row("b", "zoo", null, null),
    row("c", "eau 10", 0, "2026-11-01T10:00:00Z"),
    row("d", "eau 9", 12, "2026-11-03T10:00:00Z"),
  ];
  expect(ids(inOrder(rows, "likes", true, "fr-FR"))).toBe("dacb");
  expect(ids(inOrder(rows, "likes", false, "fr-FR"))).toBe("cadb");
  expect(ids(inOrder(rows, "at", true, "fr-FR"))).toBe("dacb");
  expect(ids(inOrder(rows, "label", false, "fr-FR"))).toBe("dcab");
  expect(ids(rows)).toBe("abcd");
});

test("a column without any figure is not shown, one with a zero or only an earlier figure is", () => {
  const figures = {
    columns: ["likes", "quotes", "impressions"],
    totals: [
      { name: "likes", value: 0, before: null },
      { name: "quotes", value: null, before: 4 },
      { name: "impressions", value: null, before: null },
    ],
    rows: [row("a", "A", 0)],
    days: [],
    measured_at: null,
  } satisfies ReportFigures;
  expect(given(figures)).toEqual(["likes", "quotes"]);
});

test("every day of the period has its place, profiles are added up, other days are left out", () => {
  const on = (day: string, profile: string, value: number | null) => ({
    day,
    profile,
    measures: [{ name: "interactions", value, before: null }],
  });
  const days = [on("2026-10-24", "p", 2), on("2026-10-26", "p", 3), on("2026-10-26", "q", 4), on("2026-10-30", "p", 9)];
  const figures = { columns: [], totals: [], rows: [], days, measured_at: null } satisfies ReportFigures;
  expect(daily(figures, "interactions", "2026-10-24", "2026-10-27")).toEqual([
    ["2026-10-24", 2],
    ["2026-10-25", 0],
    ["2026-10-26", 7],
    ["2026-10-27", 0],
  ]);
});
