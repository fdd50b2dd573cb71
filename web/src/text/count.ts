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

/**
 * A text's length as the network counts it.
 *
 * Weighted (Mastodon): graphemes, a link counts as `url_length` however long it is, and of @user@domain only @user
 * counts (docs.joinmastodon.org/user/posting). Otherwise graphemes as they are (Bluesky's lexicon: maxGraphemes).
 */
export function networkLength(text: string, limits: Limits): number {
  if (limits.text_unit === "graphemes" && limits.url_length === null) return graphemes(text);
  let length = 0;
  for (const piece of pieces(text)) {
    if (piece.kind === "link" && limits.url_length !== null) length += limits.url_length;
    else if (piece.kind === "mention" && limits.text_unit === "weighted") {
      const domain = piece.text.indexOf("@", 1);
      length += graphemes(domain > 0 ? piece.text.slice(0, domain) : piece.text);
    } else length += graphemes(piece.text);
  }
  return length;
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
