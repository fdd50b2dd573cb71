import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useRef, useState } from "react";
import { api } from "../../api/client";
import { queries } from "../../api/queries";
import type { PresenceList, Present } from "../../api/types";

export const BEAT_MS = 2_000;
/** Somebody who typed this short while ago is still writing. */
export const LATELY_MS = 8_000;
const SLOWEST_MS = 30_000;

type Calls = {
  put: (writing: boolean, signal: AbortSignal) => Promise<PresenceList>;
  leave: () => void;
  heard: (list: PresenceList) => void;
  /** How many beats in a row went unanswered. */
  missed?: (times: number) => void;
};

/**
 * Says every two seconds, one call at a time, that somebody is here, and whether they are writing; the first key after a
 * silence is said at once. While the page is hidden nothing is said but that they have left.
 */
export function attend({ put, leave, heard, missed }: Calls) {
  let typedAt: number | null = null;
  let said = false;
  let here = false;
  let failures = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let call: AbortController | undefined;

  async function beat() {
    clearTimeout(timer);
    call?.abort();
    const mine = new AbortController();
    call = mine;
    const begun = Date.now();
    said = typedAt !== null && begun - typedAt < LATELY_MS;
    try {
      const list = await put(said, mine.signal);
      if (mine.signal.aborted) return;
      failures = 0;
      heard(list);
    } catch {
      if (mine.signal.aborted) return;
      failures += 1;
    }
    missed?.(failures);
    const every = Math.min(BEAT_MS * 2 ** failures, SLOWEST_MS);
    timer = setTimeout(beat, Math.max(0, begun + every - Date.now()));
  }

  return {
    come() {
      if (here) return;
      here = true;
      void beat();
    },
    go() {
      if (!here) return;
      here = false;
      clearTimeout(timer);
      call?.abort();
      leave();
    },
    typed() {
      typedAt = Date.now();
      if (here && !said) void beat();
    },
    /** The box was emptied or sent. */
    rested() {
      typedAt = null;
      if (here && said) void beat();
    },
  };
}

/** Who else is at this conversation. What changed in it is fetched as soon as presence tells of it. */
export function usePresence(id: string) {
  const queryClient = useQueryClient();
  const [present, setPresent] = useState<Present[] | null>(null);
  const [deaf, setDeaf] = useState(false);
  const attending = useRef<ReturnType<typeof attend> | null>(null);

  useEffect(() => {
    const path = `/conversations/${id}/presence`;
    const { queryKey } = queries.conversation(id);
    const mine = attend({
      put: (writing, signal) => api.put<PresenceList>(path, { writing }, signal),
      leave: () => api.leave(path),
      heard(list) {
        setPresent(list.present);
        const known = queryClient.getQueryData(queryKey);
        if (known && (known.version !== list.version || known.answers !== list.answers))
          void queryClient.invalidateQueries({ queryKey });
      },
      missed: (times) => setDeaf(times > 1),
    });
    attending.current = mine;
    const look = () => (document.visibilityState === "visible" ? mine.come() : mine.go());
    look();
    document.addEventListener("visibilitychange", look);
    return () => {
      document.removeEventListener("visibilitychange", look);
      mine.go();
    };
  }, [id, queryClient]);

  const typed = useCallback(() => attending.current?.typed(), []);
  const rested = useCallback(() => attending.current?.rested(), []);
  return { present, deaf, typed, rested };
}
