import { expect, test } from "vitest";
import { change, written } from "./numbers";

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
