import type { Answer, Conversation, Received } from "../../api/types";

export type Entry =
  | { kind: "message"; at: number; message: Received }
  | {
      kind: "answer";
      at: number;
      answer: Answer /** When it answers another message than the last one before it. */;
      to: Received | null;
    };

/** Messages and answers in the order they were written; of one moment, the message first. */
export function thread({ messages, replies }: Pick<Conversation, "messages" | "replies">): Entry[] {
  const entries: Entry[] = [
    ...messages.map((message): Entry => ({ kind: "message", at: Date.parse(message.written_at), message })),
    ...replies.map((answer): Entry => ({ kind: "answer", at: Date.parse(answer.at), answer, to: null })),
  ].sort((one, other) => one.at - other.at || (one.kind === other.kind ? 0 : one.kind === "message" ? -1 : 1));
  let last: Received | null = null;
  for (const entry of entries) {
    if (entry.kind === "message") last = entry.message;
    else if (entry.answer.to !== last?.id)
      entry.to = messages.find((message) => message.id === entry.answer.to) ?? null;
  }
  return entries;
}

/** What the writer has seen of others' answers: how many the API counts, and which. */
export type Seen = { count: number; ids: ReadonlySet<string> };

type Answers = Pick<Conversation, "answers" | "replies">;

export const seenOf = ({ answers, replies }: Answers): Seen => ({
  count: answers,
  ids: new Set(replies.map((reply) => reply.id)),
});

export const unseen = ({ replies }: Answers, seen: Seen): Answer[] =>
  replies.filter((reply) => !seen.ids.has(reply.id));

/**
 * What has been seen once this conversation is on the screen. Somebody with nothing to send, and whoever wrote the answer
 * themselves, has seen it by looking; whoever is writing has to say so, lest it slips by while they type.
 */
export function follow(seen: Seen, now: Answers, me: string, writing: boolean): Seen {
  if (now.answers === seen.count && unseen(now, seen).length === 0) return seen;
  const others = unseen(now, seen).filter((reply) => reply.by.id !== me);
  const untold = now.answers > seen.count && unseen(now, seen).length === 0;
  return writing && (others.length > 0 || untold) ? seen : seenOf(now);
}

/** The message an answer goes to when nobody says otherwise: the last one. */
export const lastMessage = (messages: Received[]): Received | null =>
  messages.reduce<Received | null>(
    (last, message) => (last && Date.parse(last.written_at) > Date.parse(message.written_at) ? last : message),
    null,
  );
