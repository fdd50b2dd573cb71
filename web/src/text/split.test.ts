import { describe, expect, it } from "vitest";
import type { Limits } from "../api/types";
import { countFor } from "./count";
import { split } from "./split";

const limits = (most: number): Limits => ({
  text_unit: "graphemes",
  text_max: most,
  text_bytes_max: null,
  url_length: null,
  images_max: 4,
  image_bytes_max: 1,
  image_types: [],
  alt_max: null,
  images_min: 0,
  image_ratio_min: null,
  image_ratio_max: null,
  videos_max: 0,
  video_bytes_max: 0,
  video_seconds_max: 0,
  video_seconds_min: 0,
  video_types: [],
  video_with_images: false,
  video_pixels_max: null,
  video_ratio_min: null,
  video_ratio_max: null,
  source: "tests",
});

describe("a text as a thread", () => {
  it("is one part where it fits", () => {
    expect(split(" Bonjour. ", limits(20))).toEqual(["Bonjour."]);
    expect(split("", limits(20))).toEqual([""]);
  });

  it("breaks after a paragraph rather than a sentence, and after a sentence rather than a word", () => {
    expect(split("Un deux trois.\n\nQuatre cinq. Six sept", limits(24))).toEqual([
      "Un deux trois.",
      "Quatre cinq. Six sept",
    ]);
    expect(split("Un deux trois. Quatre cinq six sept", limits(24))).toEqual([
      "Un deux trois.",
      "Quatre cinq six sept",
    ]);
    expect(split("un deux trois quatre", limits(12))).toEqual(["un deux", "trois quatre"]);
  });

  it("does not make a tiny part for the sake of a sentence", () =>
    expect(split("Ah. un deux trois quatre cinq", limits(20))[0]).toBe("Ah. un deux trois"));

  it("keeps a link and a family of emoji whole", () => {
    const link = "https://ville.example/une-longue-page";
    expect(split(`Voir donc aussi ${link} demain`, limits(45))).toEqual(["Voir donc aussi", `${link} demain`]);
    expect(split("👩‍👩‍👧‍👧👩‍👩‍👧‍👧👩‍👩‍👧‍👧", limits(2))).toEqual(["👩‍👩‍👧‍👧👩‍👩‍👧‍👧", "👩‍👩‍👧‍👧"]);
  });

  it("loses no word and exceeds no limit", () => {
    const text = Array.from({ length: 400 }, (_, n) => `mot${n}${n % 9 ? "" : "."}${n % 40 ? "" : "\n\n"}`).join(" ");
    const parts = split(text, limits(300));
    expect(parts.join(" ").split(/\s+/)).toEqual(text.trim().split(/\s+/));
    expect(parts.every((part) => !countFor(part, limits(300)).over)).toBe(true);
  });
});
