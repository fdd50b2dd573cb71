import { act, renderHook } from "@testing-library/react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ApiError, api } from "../../api/client";
import type { Post, PostContent } from "../../api/types";
import { useAutosave } from "./autosave";
import { emptyContent } from "./content";

vi.mock("./safety-copy", () => ({ keepCopy: vi.fn(async () => undefined), dropCopy: vi.fn(async () => undefined) }));

const words = (text: string): PostContent => ({ ...emptyContent, text });
const answer = (id: string, version: number, text: string) =>
  ({ ...words(text), id, version, department: "d" }) as unknown as Post;

function start(content: PostContent, given: Partial<Parameters<typeof useAutosave>[0]> = {}) {
  const onCreated = vi.fn();
  const hook = renderHook(
    (now: PostContent) =>
      useAutosave({ person: "p", department: "d", content: now, start: null, automatic: true, onCreated, ...given }),
    { initialProps: content },
  );
  return { ...hook, onCreated };
}

const pass = (ms: number) => act(() => vi.advanceTimersByTimeAsync(ms));

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

describe("saving by itself", () => {
  it("creates nothing while there is nothing", async () => {
    const post = vi.spyOn(api, "post");
    start(emptyContent);
    await pass(5_000);
    expect(post).not.toHaveBeenCalled();
  });

  it("creates after a pause in typing, then changes with the version it was told", async () => {
    const post = vi.spyOn(api, "post").mockResolvedValue(answer("1", 4, "a"));
    const patch = vi.spyOn(api, "patch").mockResolvedValue(answer("1", 5, "ab"));
    const { rerender, result, onCreated } = start(words("a"));
    await pass(1_000);
    expect(post).not.toHaveBeenCalled();
    await pass(300);
    expect(post).toHaveBeenCalledTimes(1);
    expect(onCreated).toHaveBeenCalledTimes(1);
    expect(result.current.state.kind).toBe("saved");
    rerender(words("ab"));
    await pass(1_300);
    expect(patch).toHaveBeenCalledWith("/posts/1", expect.objectContaining({ text: "ab" }), 4);
  });

  it("repeats a creation whose answer was lost, to the byte, before it sends newer words", async () => {
    const post = vi
      .spyOn(api, "post")
      .mockRejectedValueOnce(new ApiError(0, "offline"))
      .mockResolvedValue(answer("1", 1, "a"));
    const patch = vi.spyOn(api, "patch").mockResolvedValue(answer("1", 2, "ab"));
    const { rerender, result } = start(words("a"));
    await pass(1_300);
    expect(result.current.state.kind).toBe("failed");
    rerender(words("ab"));
    await pass(8_500);
    expect(post).toHaveBeenCalledTimes(2);
    expect(post.mock.calls[1]).toEqual(post.mock.calls[0]);
    expect(patch).toHaveBeenCalledTimes(1);
    expect(result.current.state.kind).toBe("saved");
  });

  it("stops at a conflict and keeps the words of both", async () => {
    const card = { url: "https://ville.example/", title: "Theirs", description: "", image: null };
    const theirs = { ...answer("1", 9, "theirs"), card };
    vi.spyOn(api, "patch")
      .mockRejectedValueOnce(new ApiError(412, "version_stale"))
      .mockResolvedValue(answer("1", 10, "mine"));
    vi.spyOn(api, "get").mockResolvedValue(theirs);
    const post = vi.spyOn(api, "post").mockResolvedValue(answer("2", 1, "theirs"));
    const { rerender, result } = start(words("old"), { start: { id: "1", version: 3, content: words("old") } });
    rerender(words("mine"));
    await pass(1_300);
    expect(result.current.state).toEqual({ kind: "conflict", theirs });
    await pass(60_000);
    expect(api.patch).toHaveBeenCalledTimes(1);
    await act(() => result.current.replaceTheirs(theirs));
    expect(post.mock.calls[0]?.[1]).toMatchObject({ text: "theirs", department: "d", card: theirs.card });
    expect(vi.mocked(api.patch).mock.calls[1]).toEqual(["/posts/1", expect.objectContaining({ text: "mine" }), 9]);
    expect(result.current.state.kind).toBe("saved");
  });

  it("leaves a scheduled post alone until it is told", async () => {
    const patch = vi.spyOn(api, "patch").mockResolvedValue(answer("1", 4, "half a"));
    const { rerender, result } = start(words("whole"), {
      start: { id: "1", version: 3, content: words("whole") },
      automatic: false,
    });
    rerender(words("half a"));
    await pass(30_000);
    expect(patch).not.toHaveBeenCalled();
    await act(() => result.current.flush());
    expect(patch).toHaveBeenCalledTimes(1);
  });

  it("sends the last words when the screen is left", async () => {
    const patch = vi.spyOn(api, "patch").mockResolvedValue(answer("1", 4, "last"));
    const { rerender, unmount } = start(words("first"), { start: { id: "1", version: 3, content: words("first") } });
    rerender(words("last"));
    unmount();
    await vi.advanceTimersByTimeAsync(10);
    expect(patch).toHaveBeenCalledWith("/posts/1", expect.objectContaining({ text: "last" }), 3);
  });
});
