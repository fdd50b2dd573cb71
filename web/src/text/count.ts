import type { Limits } from "../api/types";
import { pieces } from "./entities";

const segmenter = new Intl.Segmenter(undefined, { granularity: "grapheme" });
const encoder = new TextEncoder();

export function graphemes(text: string): number {
  let count = 0;
  for (const _ of segmenter.segment(text)) count += 1;
  return count;
}

export function utf8Bytes(text: string): number {
  return encoder.encode(text).length;
}

const EMOJI = /\p{Emoji_Presentation}|\uFE0F|\u20E3/u;

/** twitter-text 3: the code points that weigh one; everything else weighs two, an emoji two whatever it is made of. */
const LIGHT: [number, number][] = [
  [0, 4351],
  [8192, 8205],
  [8208, 8223],
  [8242, 8247],
];
/** A link needs no scheme there; of bare addresses the common ones are known here, the server's check knows them all. */
const BARE =
  /(?<![\w@./-])(?:[a-z0-9-]+\.)+(?:com|org|net|info|eu|fr|ca|be|ch|lu|uk|us|gov|int|paris|quebec|bzh)\b(?:\/\S*)?/giu;

function weight(text: string): number {
  let found = 0;
  for (const { segment } of segmenter.segment(text)) {
    if (EMOJI.test(segment)) found += 2;
    else
      for (const character of segment) {
        const point = character.codePointAt(0) ?? 0;
        found += LIGHT.some(([first, last]) => first <= point && point <= last) ? 1 : 2;
      }
  }
  return found;
}

function tweetLength(text: string, link: number): number {
  let length = 0;
  for (const piece of pieces(text.normalize("NFC"))) {
    if (piece.kind === "link") length += link;
    else length += weight(piece.text.replace(BARE, "")) + link * (piece.text.match(BARE)?.length ?? 0);
  }
  return length;
}

function threadsLength(text: string): number {
  let length = 0;
  for (const { segment } of segmenter.segment(text)) length += EMOJI.test(segment) ? utf8Bytes(segment) : 1;
  return length;
}

function mastodonLength(text: string, link: number | null): number {
  let length = 0;
  for (const piece of pieces(text)) {
    const domain = piece.kind === "mention" ? piece.text.indexOf("@", 1) : -1;
    if (piece.kind === "link" && link !== null) length += link;
    else length += graphemes(domain > 0 ? piece.text.slice(0, domain) : piece.text);
  }
  return length;
}

/**
 * A text's length as the network counts it, by the rules that its connector counts by.
 *
 * mastodon: graphemes, a link counts as `url_length` however long it is, and of @user@domain only @user counts
 * (docs.joinmastodon.org/user/posting). threads: graphemes, an emoji counts its bytes in UTF-8. tweet: twitter-text.
 */
export function networkLength(text: string, limits: Limits): number {
  switch (limits.text_unit) {
    case "mastodon":
      return mastodonLength(text, limits.url_length);
    case "threads":
      return threadsLength(text);
    case "tweet":
      return tweetLength(text, limits.url_length ?? 23);
    default:
      return graphemes(text);
  }
}

export type Count = {
  length: number;
  limit: number;
  left: number;
  bytes: number | null;
  bytesLimit: number | null;
  over: boolean;
};

export function countFor(text: string, limits: Limits): Count {
  const length = networkLength(text, limits);
  const bytes = limits.text_bytes_max === null ? null : utf8Bytes(text);
  const over =
    length > limits.text_max || (bytes !== null && bytes > (limits.text_bytes_max ?? Number.POSITIVE_INFINITY));
  return {
    length,
    limit: limits.text_max,
    left: limits.text_max - length,
    bytes,
    bytesLimit: limits.text_bytes_max,
    over,
  };
}
