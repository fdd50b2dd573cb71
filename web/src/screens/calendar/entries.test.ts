import { CalendarDate } from "@internationalized/date";
import { describe, expect, it } from "vitest";
import type { DeliverySummary, PostSummary } from "../../api/types";
import { byDay, entriesOf, gridOf } from "./entries";

const post = (id: string, due: string | null, deliveries: [string, string][]): PostSummary => ({
  id,
  title: id,
  state: "scheduled",
  department: "d",
  campaign: null,
  due_at: due,
  zone: "Europe/Paris",
  author: { id: "a", name: "A" },
  media: 0,
  deliveries: deliveries.map(
    ([profile, due_at]): DeliverySummary => ({ profile, network: "bluesky", state: "queued", due_at }),
  ),
});

describe("entries", () => {
  it("shows a post once for each moment that something of it leaves", () => {
    const entries = entriesOf([
      post("one", "2026-11-23T09:00:00Z", [
        ["a", "2026-11-23T09:00:00Z"],
        ["b", "2026-11-24T09:00:00Z"],
        ["c", "2026-11-23T09:00:00Z"],
      ]),
      post("bare", "2026-11-22T09:00:00Z", []),
    ]);
    expect(entries.map((entry) => [entry.post.id, entry.deliveries.length])).toEqual([
      ["bare", 0],
      ["one", 2],
      ["one", 1],
    ]);
  });

  it("puts what leaves at half past midnight in Paris on that day, wherever the reader is", () => {
    const days = byDay(entriesOf([post("night", "2026-11-23T23:30:00Z", [])]), "Europe/Paris");
    expect([...days.keys()]).toEqual(["2026-11-24"]);
  });

  it("keeps five hundred posts of one day", () => {
    const many = Array.from({ length: 500 }, (_, index) => post(`p${index}`, "2026-11-23T12:00:00Z", []));
    expect(byDay(entriesOf(many), "Europe/Paris").get("2026-11-23")).toHaveLength(500);
  });
});

describe("the grid", () => {
  it.each([
    [2026, 11, 6, "2026-10-26", "2026-12-06"],
    [2027, 2, 4, "2027-02-01", "2027-02-28"],
    [2026, 12, 5, "2026-11-30", "2027-01-03"],
  ])("of %i-%i has %i whole weeks from Monday", (year, month, weeks, first, last) => {
    const grid = gridOf(new CalendarDate(year, month, 1));
    expect(grid).toHaveLength(weeks);
    expect(grid[0]?.[0]?.toString()).toBe(first);
    expect(grid.at(-1)?.at(-1)?.toString()).toBe(last);
  });
});
