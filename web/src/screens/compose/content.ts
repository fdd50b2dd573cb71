import type { Post, PostContent } from "../../api/types";

export const emptyContent: PostContent = {
  text: "",
  variants: {},
  thread: {},
  media: [],
  targets: [],
  campaign: null,
  tags: [],
  language: null,
};

export function contentOf(post: Post): PostContent {
  const { text, variants, thread, media, targets, campaign, tags, language } = post;
  return { text, variants, thread, media, targets, campaign, tags, language };
}

/** One spelling for equal contents, to tell whether the server already has what is on the screen. */
export function fingerprint(content: PostContent): string {
  const { text, variants, thread, media, targets, campaign, tags, language } = content;
  const byNetwork = [variants, thread].map((each) => Object.entries(each).sort());
  return JSON.stringify([text, ...byNetwork, media, targets, campaign, tags, language]);
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

/** The words of each part of what goes to a network; one where it is no thread. */
export const partsFor = (content: PostContent, network: string): string[] => [
  wordsFor(content, network),
  ...(content.thread[network] ?? []),
];

/** The words that go to a network: its own where it has some, else the common ones. */
export const wordsFor = (content: PostContent, network: string): string => content.variants[network] ?? content.text;
