import type { PostContent } from "../../api/types";

/** As the server takes them (chalicelib/publishing/post.py). */
export const PARTS_MAX = 25;

/** The content with these texts as what goes to a network. What is more than a thread may have stays in its last part. */
export function withParts(
  content: PostContent,
  network: string,
  parts: string[],
): Pick<PostContent, "variants" | "thread"> {
  const taken =
    parts.length > PARTS_MAX ? [...parts.slice(0, PARTS_MAX - 1), parts.slice(PARTS_MAX - 1).join("\n\n")] : parts;
  const [first = "", ...rest] = taken;
  const { [network]: _, ...others } = content.thread;
  return {
    variants: { ...content.variants, [network]: first },
    thread: rest.length > 0 ? { ...others, [network]: rest } : others,
  };
}
