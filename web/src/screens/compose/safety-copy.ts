import { clear, createStore, del, get, set } from "idb-keyval";
import type { PostContent } from "../../api/types";
import { emptyContent } from "./content";

/**
 * The words of a draft, kept in this browser from the first keystroke until the server has them: a crash, a dead battery
 * or a lost connection between two saves costs nothing. Signing out forgets them all.
 */
export type SafetyCopy = { content: PostContent; version: number | null };

const NEW = "new";
let store: ReturnType<typeof createStore> | null = null;
const copies = () => {
  store ??= createStore("parvis", "safety-copies");
  return store;
};
const key = (person: string, post: string | null) => `${person}:${post ?? NEW}`;

// A browser may refuse storage (private windows): writing goes on without the copy.
const orNothing = <T>(work: Promise<T>) => work.catch(() => undefined);

export const keepCopy = (person: string, post: string | null, copy: SafetyCopy) =>
  orNothing(set(key(person, post), copy, copies()));
export const readCopy = (person: string, post: string | null) =>
  orNothing(
    get<SafetyCopy>(key(person, post), copies()).then(
      // What an earlier version of the application kept lacks what came since.
      (found) => found && { ...found, content: { ...emptyContent, ...found.content } },
    ),
  );
export const dropCopy = (person: string, post: string | null) => orNothing(del(key(person, post), copies()));
/** An answer to a citizen is kept alike, one a conversation; `to` is the message it answers. */
export type ReplyCopy = { text: string; to: string | null };
const talk = (person: string, conversation: string) => `${person}:reply:${conversation}`;
export const keepReply = (person: string, conversation: string, copy: ReplyCopy) =>
  orNothing(copy.text ? set(talk(person, conversation), copy, copies()) : del(talk(person, conversation), copies()));
export const readReply = (person: string, conversation: string) =>
  orNothing(get<ReplyCopy>(talk(person, conversation), copies()));

export const forgetCopies = () => orNothing(clear(copies()));
