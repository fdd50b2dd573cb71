import type { Tracking } from "../api/types";

/** As the server marks links (chalicelib/publishing/tracking.py); both are held to tests/fixtures/tracking.json. */

// \p{Cc} and U+FEFF are spaces to one of Python and JavaScript only.
const LINK = /(?<![\p{L}\p{N}_@/#$])https?:\/\/[^\s\p{Cc}\uFEFF<>"«»“”]+/giu;
const SENTENCE_ENDS = ".,;:!?…'’*_~`";
const MEDIUM = "social";
const CAMPAIGN_MAX = 100;

const count = (text: string, character: string): number => text.split(character).length - 1;

const closesNothing = (url: string, opening: string, closing: string): boolean =>
  url.endsWith(closing) && count(url, closing) > count(url, opening);

function trimmed(whole: string): string {
  let url = whole;
  while (SENTENCE_ENDS.includes(url.at(-1) ?? "") || closesNothing(url, "(", ")") || closesNothing(url, "[", "]")) {
    url = url.slice(0, -1);
  }
  return url;
}

/** What stands before the first `mark`, whether there is one, and what stands after it. */
function parted(text: string, mark: string): [string, string, string] {
  const at = text.indexOf(mark);
  return at < 0 ? [text, "", ""] : [text.slice(0, at), mark, text.slice(at + mark.length)];
}

const hostOf = (authority: string): string =>
  authority.includes("@") ? "" : (authority.split(":")[0] ?? "").toLowerCase();

export function trackedLink(url: string, network: string, tracking: Tracking): string {
  const [scheme, separator, rest] = parted(url, "://");
  const [head, hash, fragment] = parted(rest, "#");
  const [base, , query] = parted(head, "?");
  const [authority, slash, path] = parted(base, "/");
  const marked = query.split("&").some((pair) => pair.toLowerCase().startsWith("utm_"));
  if (!tracking.hosts.includes(hostOf(authority)) || marked) return url;
  const campaign = tracking.campaign ? `&utm_campaign=${tracking.campaign}` : "";
  const glue = query === "" || query.endsWith("&") ? "" : "&";
  const added = `utm_source=${network}&utm_medium=${MEDIUM}${campaign}`;
  return `${scheme}${separator}${authority}${slash || "/"}${path}?${query}${glue}${added}${hash}${fragment}`;
}

/** The text as it leaves for that network. */
export function tracked(text: string, network: string, tracking: Tracking | null): string {
  if (!tracking) return text;
  return text.replace(LINK, (whole) => {
    const url = trimmed(whole);
    return trackedLink(url, network, tracking) + whole.slice(url.length);
  });
}

/** The sites that these texts lead to, each once, in their order. */
export function hostsOf(texts: string[]): string[] {
  const links = texts.flatMap((text) => text.match(LINK) ?? []);
  const hosts = links.map((link) => hostOf(trimmed(link).split("://")[1]?.split(/[/?#]/)[0] ?? ""));
  return [...new Set(hosts)].filter((host) => host.includes("."));
}

const plain = (words: string): string =>
  words
    .normalize("NFD")
    .replace(/\p{M}/gu, "")
    .toLowerCase()
    .replace(/œ/g, "oe")
    .replace(/æ/g, "ae")
    .replace(/ß/g, "ss")
    .replace(/[^a-z0-9._-]+/g, "-")
    .replace(/^[._-]+/, "")
    .slice(0, CAMPAIGN_MAX);

/** What may stand as utm_campaign of what is typed; null for nothing. */
export const campaignTyped = (words: string): string | null => plain(words) || null;

/** A campaign's name as utm_campaign. */
export const slug = (name: string | undefined): string | null =>
  campaignTyped(
    plain(name ?? "")
      .replace(/[._-]+/g, "-")
      .replace(/-$/, ""),
  );
