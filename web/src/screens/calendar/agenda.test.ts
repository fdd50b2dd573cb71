import { CalendarDate } from "@internationalized/date";
import { describe, expect, it } from "vitest";
import type { AgencyEvent } from "../../api/types";
import { besideByDay, instantOf } from "./agenda";

const event = (id: string, when: Partial<AgencyEvent>): AgencyEvent => ({
  id,
  title: id,
  note: "",
  department: null,
  starts_on: null,
  ends_on: null,
  starts_at: null,
  ends_at: null,
  zone: null,
  by: { id: "a", name: "A" },
  version: 0,
  ...when,
});
const FIRST = new CalendarDate(2026, 11, 23);
const END = new CalendarDate(2026, 11, 30);
const placed = (events: AgencyEvent[], zone = "Europe/Paris") =>
  Object.fromEntries(
    [...besideByDay(events, [], zone, FIRST, END)].map(([day, { events: found }]) => [day, found.map(({ id }) => id)]),
  );

describe("what stands beside posts", () => {
  it("shows whole days on their days in every zone, cut to what is in view", () => {
    const market = event("market", { starts_on: "2026-11-20", ends_on: "2026-11-24" });
    for (const zone of ["Europe/Paris", "Pacific/Kiritimati", "Etc/GMT+12"]) {
      expect(placed([market], zone)).toEqual({ "2026-11-23": ["market"], "2026-11-24": ["market"] });
    }
    expect(placed([event("later", { starts_on: "2026-11-29", ends_on: "2026-12-24" })])).toEqual({
      "2026-11-29": ["later"],
    });
    expect(placed([event("outside", { starts_on: "2026-12-01" })])).toEqual({});
  });

  it("shows what has a time on the reader's day, and not on the day that begins as it ends", () => {
    const council = event("council", { starts_at: "2026-11-24T22:30:00Z", ends_at: "2026-11-24T23:00:00Z" });
    expect(placed([council])).toEqual({ "2026-11-24": ["council"] });
    expect(placed([council], "Asia/Tokyo")).toEqual({ "2026-11-25": ["council"] });
    const night = event("night", { starts_at: "2026-11-24T22:30:00Z", ends_at: "2026-11-25T00:30:00Z" });
    expect(placed([night])).toEqual({ "2026-11-24": ["night"], "2026-11-25": ["night"] });
    expect(placed([event("moment", { starts_at: "2026-11-24T23:00:00Z" })])).toEqual({ "2026-11-25": ["moment"] });
  });

  it("keeps holidays and events of a day together", () => {
    const found = besideByDay(
      [event("market", { starts_on: "2026-11-24" })],
      [{ day: "2026-11-24", name: "Fête" }],
      "Europe/Paris",
      FIRST,
      END,
    );
    expect(found.get("2026-11-24")).toMatchObject({ holidays: ["Fête"], events: [{ id: "market" }] });
  });
});

describe("the time of a form", () => {
  it("is an instant in its zone, the first of two, and none where clocks skip it", () => {
    expect(instantOf("2026-11-24", "18:00", "Europe/Paris")).toEqual({
      at: Date.parse("2026-11-24T17:00:00Z"),
      twice: false,
    });
    expect(instantOf("2026-10-25", "02:30", "Europe/Paris")).toEqual({
      at: Date.parse("2026-10-25T00:30:00Z"),
      twice: true,
    });
    expect(instantOf("2026-03-29", "02:30", "Europe/Paris")).toBeNull();
  });
});
