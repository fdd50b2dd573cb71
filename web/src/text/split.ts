import type { Limits } from "../api/types";
import { countFor } from "./count";

/** Where a text may be parted, the best places first: after a paragraph, a line, a sentence, a word. */
const BREAKS = [/\n\s*\n/gu, /\n/gu, /[.!?…]["»”’)]*\s+/gu, /\s+/gu];
const WORTH = 0.4;

const segmenter = new Intl.Segmenter(undefined, { granularity: "grapheme" });

function lastThatFits(places: number[], fits: (end: number) => boolean): number {
  let [low, high] = [0, places.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (fits(places[middle] ?? 0)) low = middle + 1;
    else high = middle;
  }
  return places[low - 1] ?? 0;
}

const ends = (text: string, pattern: RegExp): number[] =>
  [...text.matchAll(pattern)].map((found) => found.index + found[0].length);

/** The parts of a thread, each no longer than the network takes; as few as its paragraphs and sentences allow.
 * `leaves`: what becomes of a text before it is counted. */
export function split(text: string, limits: Limits, leaves: (text: string) => string = (text) => text): string[] {
  const over = (words: string) => countFor(leaves(words), limits).over;
  const parts: string[] = [];
  let rest = text.trim();
  while (rest !== "" && over(rest)) {
    const fits = (end: number) => !over(rest.slice(0, end).trimEnd());
    const anywhere = [...segmenter.segment(rest)].map(({ index, segment }) => index + segment.length);
    const most = lastThatFits(anywhere, fits);
    if (most === 0) break; // not even one character
    const kept = BREAKS.map((pattern) => lastThatFits(ends(rest, pattern), fits));
    const end = kept.find((each) => each >= most * WORTH) ?? (Math.max(...kept) || most);
    parts.push(rest.slice(0, end).trimEnd());
    rest = rest.slice(end).trimStart();
  }
  if (rest !== "" || parts.length === 0) parts.push(rest);
  return parts;
}
