import { useCallback, useEffect, useRef, useState } from "react";
import { ApiError, api } from "../../api/client";
import type { Post, PostContent } from "../../api/types";
import { contentOf, fingerprint, hasSomething } from "./content";
import { dropCopy, keepCopy } from "./safety-copy";

const PAUSE_IN_TYPING_MS = 1_200;
const RETRY_MS = 8_000;
const COPY_MS = 250;

export type SaveState =
  | { kind: "empty" }
  | { kind: "unsaved" }
  | { kind: "saving" }
  | { kind: "saved"; at: number }
  | { kind: "failed"; error: unknown }
  | { kind: "conflict"; theirs: Post };

type Options = {
  person: string;
  department: string;
  content: PostContent;
  /** The post as the server last answered it; null when it does not exist yet. */
  start: { id: string; version: number; content: PostContent } | null;
  /** False for what is already scheduled: half a sentence must not leave at its second. */
  automatic: boolean;
  onCreated: (post: Post) => void;
};

/**
 * Saves what is written after a pause in typing, one request at a time.
 *
 * A creation whose answer was lost is repeated to the byte with its Idempotency-Key before anything newer is sent. A
 * change carries the version it was made on; when another person saved meanwhile it stops and hands over their post.
 */
export function useAutosave({ person, department, content, start, automatic, onCreated }: Options) {
  const [state, setState] = useState<SaveState>(start ? { kind: "saved", at: Date.now() } : { kind: "empty" });
  const saved = useRef(start ? { id: start.id, version: start.version, mark: fingerprint(start.content) } : null);
  const creation = useRef<{ key: string; body: object; mark: string } | null>(null);
  const latest = useRef({ content, department, onCreated });
  latest.current = { content, department, onCreated };
  const queue = useRef<Promise<unknown>>(Promise.resolve());
  const mark = fingerprint(content);
  const dirty = saved.current ? saved.current.mark !== mark : hasSomething(content);

  const saveNow = useCallback(async (): Promise<Post | null> => {
    let answer: Post | null = null;
    // At most two rounds: a repeated creation, then the change made since.
    for (let round = 0; round < 2; round += 1) {
      const now = latest.current.content;
      if (saved.current?.mark === fingerprint(now)) break;
      if (saved.current) {
        const mark = fingerprint(now);
        answer = await api.patch<Post>(`/posts/${saved.current.id}`, now, saved.current.version);
        saved.current = { id: answer.id, version: answer.version, mark };
      } else {
        creation.current ??= {
          key: crypto.randomUUID(),
          body: { ...now, department: latest.current.department },
          mark: fingerprint(now),
        };
        const { key, body, mark } = creation.current;
        try {
          answer = await api.post<Post>("/posts", body, { idempotencyKey: key });
        } catch (error) {
          // A definite refusal created nothing: the next attempt is a new intention.
          if (error instanceof ApiError && error.status >= 400 && error.status < 500) creation.current = null;
          throw error;
        }
        creation.current = null;
        saved.current = { id: answer.id, version: answer.version, mark };
        await dropCopy(person, null);
        latest.current.onCreated(answer);
      }
    }
    return answer;
  }, [person]);

  /** Resolves when the server has what is on the screen; rejects, with the state saying why, when it could not. */
  const flush = useCallback((): Promise<{ id: string; version: number }> => {
    const work = queue.current
      .catch(() => undefined)
      .then(async () => {
        setState({ kind: "saving" });
        try {
          await saveNow();
        } catch (error) {
          if (error instanceof ApiError && error.status === 412 && saved.current) {
            const theirs = await api.get<Post>(`/posts/${saved.current.id}`);
            setState({ kind: "conflict", theirs });
          } else setState({ kind: "failed", error });
          throw error;
        }
        if (!saved.current) throw new ApiError(0, "text_empty");
        const clean = saved.current.mark === fingerprint(latest.current.content);
        if (clean) await dropCopy(person, saved.current.id);
        setState(clean ? { kind: "saved", at: Date.now() } : { kind: "unsaved" });
        return { id: saved.current.id, version: saved.current.version };
      });
    queue.current = work;
    return work;
  }, [person, saveNow]);

  const conflicted = state.kind === "conflict";
  const failed = state.kind === "failed";
  // biome-ignore lint/correctness/useExhaustiveDependencies: `mark` stands for the content: each change starts the wait anew
  useEffect(() => {
    if (!dirty) return;
    setState((before) => (before.kind === "saved" || before.kind === "empty" ? { kind: "unsaved" } : before));
    const copying = setTimeout(
      () => void keepCopy(person, saved.current?.id ?? null, { content, version: saved.current?.version ?? null }),
      COPY_MS,
    );
    const saving =
      automatic && !conflicted
        ? setTimeout(() => flush().catch(() => undefined), failed ? RETRY_MS : PAUSE_IN_TYPING_MS)
        : undefined;
    return () => {
      clearTimeout(copying);
      clearTimeout(saving);
    };
  }, [dirty, mark, automatic, conflicted, failed, person, flush]);

  useEffect(() => {
    if (!dirty) return;
    const warn = (event: BeforeUnloadEvent) => event.preventDefault();
    window.addEventListener("beforeunload", warn);
    return () => window.removeEventListener("beforeunload", warn);
  }, [dirty]);

  // Leaving by a link of ours saves what the pause in typing had not yet sent.
  const leaving = useRef({ dirty, automatic, conflicted, flush });
  leaving.current = { dirty, automatic, conflicted, flush };
  useEffect(
    () => () => {
      const last = leaving.current;
      if (last.dirty && last.automatic && !last.conflicted) last.flush().catch(() => undefined);
    },
    [],
  );

  /** After a conflict: my words become a draft of their own, theirs stay. */
  const keepBoth = useCallback(async (): Promise<Post> => {
    const { content: mine, department: where } = latest.current;
    const copy = await api.post<Post>(
      "/posts",
      { ...mine, department: where },
      { idempotencyKey: crypto.randomUUID() },
    );
    if (saved.current) await dropCopy(person, saved.current.id);
    saved.current = { id: copy.id, version: copy.version, mark: fingerprint(mine) };
    setState({ kind: "saved", at: Date.now() });
    return copy;
  }, [person]);

  /** After a conflict: theirs become a draft of their own, mine take their place here. */
  const replaceTheirs = useCallback(
    async (theirs: Post): Promise<void> => {
      const content = contentOf(theirs);
      await api.post<Post>(
        "/posts",
        { ...content, department: theirs.department },
        { idempotencyKey: crypto.randomUUID() },
      );
      saved.current = { id: theirs.id, version: theirs.version, mark: fingerprint(content) };
      await flush();
    },
    [flush],
  );

  return { state, dirty, flush, keepBoth, replaceTheirs };
}
