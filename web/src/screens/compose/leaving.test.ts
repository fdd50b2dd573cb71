import { describe, expect, it } from "vitest";
import { type Mode, ways } from "./leaving";

const publisher = { mayPublish: true, mayWrite: true, again: false };
const contributor = { mayPublish: false, mayWrite: true, again: false };
const required = { required: true };
const optional = { required: false };
const kinds: Mode[] = ["at", "now", "later"];

describe("how a post may go on its way", () => {
  it("is published by who may publish where nothing is reviewed, and by nobody else", () => {
    expect(ways({ ...publisher, workflow: undefined }, "now")).toEqual({
      modes: ["at", "now"],
      mode: "now",
      submit: null,
      publish: true,
      must: false,
    });
    expect(ways({ ...contributor, workflow: undefined }, "at")).toMatchObject({
      modes: [],
      submit: null,
      publish: false,
    });
  });

  it("is only submitted where a review is required, even by a publisher, and never leaves now", () => {
    for (const who of [publisher, contributor])
      for (const mode of kinds) {
        const found = ways({ ...who, workflow: required }, mode);
        expect(found).toMatchObject({ modes: ["at", "later"], submit: "primary", publish: false, must: true });
        expect(found.mode).toBe(mode === "now" ? "at" : mode);
      }
  });

  it("leaves a publisher the choice where review is optional, and a contributor none", () => {
    const given = { ...publisher, workflow: optional };
    expect(ways(given, "at")).toMatchObject({ modes: kinds, submit: "plain", publish: true });
    expect(ways(given, "now")).toMatchObject({ submit: null, publish: true });
    expect(ways(given, "later")).toMatchObject({ submit: "primary", publish: false });
    expect(ways({ ...contributor, workflow: optional }, "at")).toMatchObject({ submit: "primary", publish: false });
  });

  it("is submitted again once what was approved is changed; without a workflow it is only saved", () => {
    expect(ways({ ...publisher, workflow: optional, again: true }, "now")).toMatchObject({
      modes: ["at", "later"],
      mode: "at",
      submit: "primary",
      publish: false,
    });
    expect(ways({ ...publisher, workflow: undefined, again: true }, "at")).toMatchObject({ modes: [], submit: null });
  });

  it("offers nothing to who may only read", () => {
    const reader = { mayPublish: false, mayWrite: false, again: false };
    expect(ways({ ...reader, workflow: required }, "at")).toMatchObject({ modes: [], submit: null, publish: false });
  });
});
