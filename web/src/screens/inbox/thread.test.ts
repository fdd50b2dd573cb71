import { describe, expect, it } from "vitest";
import type { Answer, Received } from "../../api/types";
import { follow, lastMessage, seenOf, thread, unseen } from "./thread";

const message = (id: string, minute: number) =>
  ({ id, written_at: `2026-11-24T03:${String(minute).padStart(2, "0")}:00Z` }) as Received;
const answer = (id: string, to: string, minute: number, by = "me") =>
  ({ id, to, at: `2026-11-24T03:${String(minute).padStart(2, "0")}:00Z`, by: { id: by, name: by } }) as Answer;
const ids = (found: ReturnType<typeof thread>) =>
  found.map((entry) => (entry.kind === "message" ? entry.message.id : entry.answer.id));

describe("thread", () => {
  it("puts messages and answers in the order they were written, however they come", () =>
    expect(
      ids(
        thread({ messages: [message("b", 3), message("a", 1)], replies: [answer("y", "b", 4), answer("x", "a", 2)] }),
      ),
    ).toEqual(["a", "x", "b", "y"]));

  it("puts the message before the answer of the same moment", () =>
    expect(ids(thread({ messages: [message("a", 1)], replies: [answer("x", "a", 1)] }))).toEqual(["a", "x"]));

  it("says which message is answered only when it is not the last before the answer", () => {
    const found = thread({
      messages: [message("a", 1), message("b", 2)],
      replies: [answer("x", "a", 3), answer("y", "b", 4), answer("z", "not given here", 5)],
    });
    expect(found.map((entry) => (entry.kind === "answer" ? entry.to?.id : undefined))).toEqual([
      undefined,
      undefined,
      "a",
      undefined,
      undefined,
    ]);
  });
});

describe("what has been seen", () => {
  const before = { answers: 1, replies: [answer("x", "a", 2)] };
  const after = { answers: 2, replies: [answer("x", "a", 2), answer("y", "a", 3, "marc")] };

  it("grows by looking while nothing is being written", () => {
    const seen = follow(seenOf(before), after, "me", false);
    expect(seen.count).toBe(2);
    expect(unseen(after, seen)).toEqual([]);
  });

  it("stays behind while somebody writes, so that their answer is refused and not sent past another", () => {
    const seen = follow(seenOf(before), after, "me", true);
    expect(seen.count).toBe(1);
    expect(unseen(after, seen).map((one) => one.id)).toEqual(["y"]);
  });

  it("takes one's own answer as seen even while writing the next", () => {
    const own = { answers: 2, replies: [...before.replies, answer("z", "a", 3)] };
    expect(follow(seenOf(before), own, "me", true).count).toBe(2);
  });

  it("is not taken as seen when the count grew and the answer itself is not here yet", () =>
    expect(follow(seenOf(before), { ...before, answers: 2 }, "me", true).count).toBe(1));

  it("is the same object while nothing changed", () => {
    const seen = seenOf(before);
    expect(follow(seen, before, "me", true)).toBe(seen);
  });
});

it("lastMessage is the one written last", () => {
  expect(lastMessage([message("b", 3), message("a", 1)])?.id).toBe("b");
  expect(lastMessage([])).toBeNull();
});
