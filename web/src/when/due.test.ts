import { CalendarDate, CalendarDateTime, Time } from "@internationalized/date";
import { describe, expect, it } from "vitest";
import { clockWithTenths, longDay, tenths } from "../time/format";
import { dayOf, offset, startOf, wallTime } from "../time/zones";
import { asSchedule, type Due, dueOf, firstProposal, instant, meaning } from "./due";

const due = (year: number, month: number, day: number, hour: number, minute: number, zone: string): Due => ({
  date: new CalendarDate(year, month, day),
  time: new Time(hour, minute),
  zone,
  which: null,
});

describe("what a wall-clock time means", () => {
  it("is one instant on most days", () => {
    const at = due(2026, 11, 25, 5, 45, "Europe/Paris");
    expect(new Date(instant(at) ?? 0).toISOString()).toBe("2026-11-25T04:45:00.000Z");
    expect(asSchedule(at)).toEqual({ due_local: "2026-11-25T05:45:00", zone: "Europe/Paris" });
  });

  it("does not exist when clocks go forward", () => {
    const means = meaning(due(2027, 3, 28, 2, 30, "Europe/Paris"));
    expect(means.kind === "skipped" && [means.before.toString(), means.after.toString()]).toEqual([
      "2027-03-28T01:30:00",
      "2027-03-28T03:30:00",
    ]);
  });

  it("comes twice when clocks go back, and says which was chosen", () => {
    const twice = due(2026, 10, 25, 2, 30, "Europe/Paris");
    expect(instant(twice)).toBeNull();
    expect(new Date(instant({ ...twice, which: "earlier" }) ?? 0).toISOString()).toBe("2026-10-25T00:30:00.000Z");
    expect(new Date(instant({ ...twice, which: "later" }) ?? 0).toISOString()).toBe("2026-10-25T01:30:00.000Z");
    expect(asSchedule({ ...twice, which: "later" })).toMatchObject({ which: "later" });
    expect(dueOf("2026-10-25T01:30:00Z", "Europe/Paris").which).toBe("later");
  });

  it("knows half-hour changes and quarter-hour zones", () => {
    expect(wallTime(new CalendarDateTime(2026, 10, 4, 2, 15), "Australia/Lord_Howe").kind).toBe("skipped");
    expect(offset(Date.parse("2026-11-25T00:00:00Z"), "Asia/Kathmandu")).toBe("UTC+05:45");
    expect(offset(Date.parse("2026-11-25T00:00:00Z"), "America/St_Johns")).toBe("UTC−03:30");
  });

  it("sends no `which` for an hour that comes once", () =>
    expect(asSchedule({ ...due(2026, 11, 25, 5, 45, "Europe/Paris"), which: "later" })).not.toHaveProperty("which"));
});

describe("days", () => {
  it("belong to the zone that is asked for", () => {
    expect(dayOf("2026-11-23T23:30:00Z", "Europe/Paris").toString()).toBe("2026-11-24");
    expect(dayOf("2026-11-23T23:30:00Z", "America/Montreal").toString()).toBe("2026-11-23");
  });

  it("begin at their first instant, which need not be midnight", () =>
    // Cairo changed at midnight of 24 April 2026: the day began at one o'clock.
    expect(new Date(startOf(new CalendarDate(2026, 4, 24), "Africa/Cairo")).toISOString()).toBe(
      "2026-04-23T22:00:00.000Z",
    ));
});

describe("what is proposed first", () => {
  const now = Date.parse("2026-11-23T14:40:00Z");

  it("is a full hour at least half an hour away, in the agency's zone", () => {
    const proposed = firstProposal("Europe/Paris", now);
    expect(`${proposed.date} ${proposed.time}`).toBe("2026-11-23 17:00:00");
  });

  it("is nine in the morning of a day chosen in the calendar", () => {
    const proposed = firstProposal("Europe/Paris", now, "2026-12-01");
    expect(`${proposed.date} ${proposed.time}`).toBe("2026-12-01 09:00:00");
  });
});

describe("times in words", () => {
  it("cuts tenths as a clock does", () => {
    expect(clockWithTenths("2026-11-23T13:00:00.380Z", "Europe/Paris", "en-GB")).toBe("14:00:00.3");
    expect(clockWithTenths("2026-11-23T13:00:00.380Z", "Europe/Paris", "fr-FR")).toBe("14:00:00,3");
    expect(tenths(0.38, "fr-FR")).toBe("0,3");
  });

  it("begins with a capital in French too", () =>
    expect(longDay("2026-11-23T13:00:00Z", "Europe/Paris", "fr-FR")).toBe("Lundi 23 novembre 2026"));
});
