import { describe, expect, it } from "vitest";
import { emptyContent, partsFor } from "./content";
import { PARTS_MAX, withParts } from "./thread";

const numbered = (count: number) => Array.from({ length: count }, (_, index) => `n° ${index + 1}`);

describe("the parts of a thread", () => {
  it("are a network's own words and what follows them", () => {
    const content = { ...emptyContent, text: "Commun", ...withParts(emptyContent, "x", ["Un", "Deux"]) };
    expect([partsFor(content, "x"), partsFor(content, "mastodon")]).toEqual([["Un", "Deux"], ["Commun"]]);
  });

  it("leave no empty thread behind, and other networks' alone", () => {
    const content = { ...emptyContent, thread: { x: ["Deux"], bluesky: ["Zwei"] } };
    expect(withParts(content, "x", ["Un"]).thread).toEqual({ bluesky: ["Zwei"] });
  });

  it("are never more than the server takes, and no word is lost", () => {
    const { variants, thread } = withParts(emptyContent, "x", numbered(30));
    expect([variants.x, ...(thread.x ?? [])]).toHaveLength(PARTS_MAX);
    expect([variants.x, ...(thread.x ?? [])].join("\n\n")).toBe(numbered(30).join("\n\n"));
  });
});
