import { describe, expect, it } from "vitest";
import type { Limits } from "../api/types";
import { countFor, graphemes, networkLength, utf8Bytes } from "./count";
import { pieces } from "./entities";

const bluesky: Limits = {
  text_unit: "graphemes",
  text_max: 300,
  text_bytes_max: 3000,
  url_length: null,
  images_max: 4,
  image_bytes_max: 2_000_000,
  image_types: ["image/jpeg"],
  alt_max: 2000,
  images_min: 0,
  image_ratio_min: null,
  image_ratio_max: null,
  videos_max: 0,
  video_bytes_max: 0,
  video_seconds_max: 0,
  video_seconds_min: 0,
  video_ratio_min: null,
  video_ratio_max: null,
  video_types: [],
  video_with_images: false,
  video_pixels_max: null,
  source: "lexicon",
};
const mastodon: Limits = { ...bluesky, text_unit: "mastodon", text_max: 500, text_bytes_max: null, url_length: 23 };

const x: Limits = { ...mastodon, text_unit: "tweet", text_max: 280 };
const threads: Limits = { ...bluesky, text_unit: "threads", text_max: 500, text_bytes_max: null };

describe("graphemes", () => {
  it.each([
    ["", 0],
    ["Été", 3],
    ["E\u0301te\u0301", 3],
    ["👩‍👩‍👧‍👧", 1],
    ["🇫🇷🇨🇦", 2],
    ["👍🏽!", 2],
    ["ligne\r\nligne", 11],
    ["ไทย", 3],
  ])("%j counts %i", (text, count) => expect(graphemes(text)).toBe(count));

  it("counts bytes in UTF-8", () => expect(utf8Bytes("é👩‍👩‍👧‍👧")).toBe(2 + 25));
});

describe("the network's own counting", () => {
  it("takes links as they are on Bluesky, as 23 on Mastodon", () => {
    const text = `Voir https://valmont.example/${"a".repeat(80)} !`;
    expect(networkLength(text, bluesky)).toBe(text.length);
    expect(networkLength(text, mastodon)).toBe("Voir ".length + 23 + " !".length);
  });

  it("counts a short link as 23 as well", () => expect(networkLength("http://a.fr", mastodon)).toBe(23));

  it("leaves the full stop after a link outside it", () =>
    expect(networkLength("https://a.example/x.", mastodon)).toBe(24));

  it("counts @user of @user@domain on Mastodon only", () => {
    expect(networkLength("@eau@social.valmont.example bonjour", mastodon)).toBe("@eau bonjour".length);
    expect(networkLength("@eau@social.valmont.example", bluesky)).toBe("@eau@social.valmont.example".length);
  });

  it.each([
    ["été", 3],
    ["日本", 4],
    ["👩‍👩‍👧‍👧 🇫🇷 1️⃣", 8],
    ["l’eau", 5],
    ["…", 2],
    ["© 5 €", 6],
    ["voir https://valmont.fr/tres/long/chemin?avec=1", 28],
    ["voir valmont.fr, puis eau@valmont.fr", 4 + 1 + 23 + ", puis eau@valmont.fr".length],
    ["E\u0301te\u0301", 3],
  ])("counts %j as X does: %i", (text, count) => expect(networkLength(text, x)).toBe(count));

  it.each([
    ["été", 3],
    ["👍", 4],
    ["👩‍👩‍👧‍👧!", 26],
    ["🇫🇷", 8],
    ["© 日", 3],
  ])("counts %j as Threads does: %i", (text, count) => expect(networkLength(text, threads)).toBe(count));

  it("is over by bytes before it is over by graphemes", () => {
    const families = "👩‍👩‍👧‍👧".repeat(121);
    expect(countFor(families, bluesky)).toMatchObject({ length: 121, left: 179, bytes: 3025, over: true });
    expect(countFor("a".repeat(300), bluesky).over).toBe(false);
    expect(countFor("a".repeat(301), bluesky).over).toBe(true);
  });
});

describe("pieces", () => {
  const kinds = (text: string) => pieces(text).map((piece) => [piece.kind, piece.text]);

  it("finds links, hashtags and mentions and loses no character", () => {
    const text = "Infos (https://v.example/a_(b)), #Été2026 et @ville.bsky.social. mail@ici.example #2026 a#b";
    expect(
      pieces(text)
        .map((piece) => piece.text)
        .join(""),
    ).toBe(text);
    expect(kinds(text).filter(([kind]) => kind !== "words")).toEqual([
      ["link", "https://v.example/a_(b"],
      ["hashtag", "#Été2026"],
      ["mention", "@ville.bsky.social"],
    ]);
  });

  it("makes markup of nothing", () =>
    expect(kinds("<b onclick=x>javascript:alert(1)</b>").every(([kind]) => kind === "words")).toBe(true));
});
