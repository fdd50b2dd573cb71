/** A stretch of a post's text, as a network would show it; `at` is where it begins. */
export type Piece = { kind: "words" | "link" | "hashtag" | "mention"; text: string; at: number };

// A link needs its scheme and ends before the punctuation that closes a sentence or a quotation around it.
const PATTERN =
  /(https?:\/\/[^\s<>"«»]*[^\s<>"«».,;:!?'’)\]}…])|(?<![\p{L}\p{N}_/&])(#(?=[\p{L}\p{N}_]*[\p{L}_])[\p{L}\p{M}\p{N}_]+)|(?<![\p{L}\p{N}_/.])(@[a-z0-9_](?:[a-z0-9_.-]*[a-z0-9_])?(?:@[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?)?)/giu;

/** The links of these texts, each once, in their order. */
export function linksOf(texts: string[]): string[] {
  const found = texts.flatMap((text) => pieces(text).filter((piece) => piece.kind === "link"));
  return [...new Set(found.map((piece) => piece.text))];
}

export function pieces(text: string): Piece[] {
  const found: Piece[] = [];
  let from = 0;
  for (const match of text.matchAll(PATTERN)) {
    if (match.index > from) found.push({ kind: "words", text: text.slice(from, match.index), at: from });
    const kind = match[1] ? "link" : match[2] ? "hashtag" : "mention";
    found.push({ kind, text: match[0], at: match.index });
    from = match.index + match[0].length;
  }
  if (from < text.length) found.push({ kind: "words", text: text.slice(from), at: from });
  return found;
}
