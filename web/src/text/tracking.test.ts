import { describe, expect, it } from "vitest";
import table from "../../../tests/fixtures/tracking.json";
import { campaignTyped, hostsOf, slug, tracked } from "./tracking";

const cases = table.cases as [string, string][];

describe("links as they leave", () => {
  it.each(cases)("%j", (written, leaves) => {
    expect(tracked(written, table.network, table.tracking)).toBe(leaves);
    expect(tracked(leaves, table.network, table.tracking)).toBe(leaves);
  });

  it("are as written without tracking, a host or a campaign", () => {
    const link = "https://valmont.example/a";
    expect(tracked(link, "x", null)).toBe(link);
    expect(tracked(link, "x", { campaign: "crue", hosts: [] })).toBe(link);
    expect(tracked(link, "x", { campaign: null, hosts: ["valmont.example"] })).toBe(
      `${link}?utm_source=x&utm_medium=social`,
    );
  });
});

describe("the sites of a text", () => {
  it("are named once, in lower case, and not those behind a password or without a dot", () =>
    expect(
      hostsOf([
        "https://Valmont.example/a, (https://valmont.example:8080) http://autre.example?x#y.",
        "https://a:b@c.example/ http://localhost/ https://...",
        "https://eau.valmont.example",
      ]),
    ).toEqual(["valmont.example", "autre.example", "eau.valmont.example"]));
});

describe("the campaign", () => {
  it.each([
    ["Crue d’hiver 2026", "crue-d-hiver-2026"],
    ["  Œuvres & Été ! ", "oeuvres-ete"],
    ["Straße – Nord", "strasse-nord"],
    ["v2.0", "v2-0"],
    ["日本", null],
    [undefined, null],
    ["x".repeat(130), "x".repeat(100)],
  ])("%j is %j", (name, expected) => expect(slug(name)).toBe(expected));

  it.each([
    ["crue-", "crue-"],
    ["-Crue d", "crue-d"],
    ["v2.0_b", "v2.0_b"],
    ["&", null],
  ])("typed as %j is %j", (words, expected) => expect(campaignTyped(words)).toBe(expected));
});
