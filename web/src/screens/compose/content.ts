import type { LinkCard, Post, PostContent } from "../../api/types";
import { tracked, trackedLink } from "../../text/tracking";

export const emptyContent: PostContent = {
  text: "",
  variants: {},
  thread: {},
  media: [],
  targets: [],
  campaign: null,
  tags: [],
  language: null,
  card: null,
  tracking: null,
};

export function contentOf(post: Post): PostContent {
  const { text, variants, thread, media, targets, campaign, tags, language, card, tracking } = post;
  return { text, variants, thread, media, targets, campaign, tags, language, card, tracking };
}

/** One spelling for equal contents, to tell whether the server already has what is on the screen. */
export function fingerprint(content: PostContent): string {
  const { text, variants, thread, media, targets, campaign, tags, language, card, tracking } = content;
  const byNetwork = [variants, thread].map((each) => Object.entries(each).sort());
  const said = card ? [card.url, card.title, card.description, card.image] : null;
  const marks = tracking ? [tracking.campaign, tracking.hosts] : null;
  return JSON.stringify([text, ...byNetwork, media, targets, campaign, tags, language, said, marks]);
}

export function hasSomething(content: PostContent): boolean {
  return (
    content.text.trim() !== "" ||
    content.media.length > 0 ||
    content.targets.length > 0 ||
    content.tags.length > 0 ||
    content.campaign !== null ||
    Object.values(content.variants).some((words) => words.trim() !== "")
  );
}

/** What a network gets, as it leaves: with the campaign's parameters on its links, where they are asked for. */
export const leavingFor = (content: PostContent, network: string): string[] =>
  partsFor(content, network).map((part) => tracked(part, network, content.tracking));

/** The words of each part of what goes to a network, as people write them; one where it is no thread. */
export const partsFor = (content: PostContent, network: string): string[] => [
  wordsFor(content, network),
  ...(content.thread[network] ?? []),
];

/** The words that go to a network: its own where it has some, else the common ones. */
export const wordsFor = (content: PostContent, network: string): string => content.variants[network] ?? content.text;

const AFTER_A_LINK = /^[.,;:!?…'’*_~`)\]}]*(?:[\s<>"«»“”]|$)/;

/** Whether a text holds a link, and not only a longer one that begins with it; as the server sees it. */
export function holdsLink(text: string, url: string): boolean {
  for (let at = text.indexOf(url); at >= 0; at = text.indexOf(url, at + 1)) {
    if (!/[\p{L}\p{N}_/]/u.test(text[at - 1] ?? " ") && AFTER_A_LINK.test(text.slice(at + url.length))) return true;
  }
  return false;
}

/** The card where a network shows one: in the place of images, below words that hold its link. */
export function cardFor(content: PostContent, network: string): LinkCard | null {
  const { card, tracking } = content;
  if (!card || content.media.length > 0 || !holdsLink(wordsFor(content, network), card.url)) return null;
  return tracking ? { ...card, url: trackedLink(card.url, network, tracking) } : card;
}
