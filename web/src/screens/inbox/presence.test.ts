import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { PresenceList } from "../../api/types";
import { attend, BEAT_MS, LATELY_MS } from "./presence";

const nobody: PresenceList = { present: [], version: 1, answers: 0 };
const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

function start(put = vi.fn(async (_writing: boolean, _signal: AbortSignal) => nobody)) {
  const calls = { put, leave: vi.fn(), heard: vi.fn(), missed: vi.fn() };
  return { ...calls, mine: attend(calls) };
}
const said = (put: ReturnType<typeof start>["put"]) => put.mock.calls.map(([writing]) => writing);

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe("being present", () => {
  it("is said at once and then every two seconds", async () => {
    const { mine, put, heard } = start();
    mine.come();
    await pass(BEAT_MS * 3);
    expect(said(put)).toEqual([false, false, false, false]);
    expect(heard).toHaveBeenCalledTimes(4);
    mine.go();
  });

  it("keeps the pace when answers take a while, and never has two calls under way", async () => {
    let running = 0;
    let most = 0;
    const put = vi.fn(async (_writing: boolean, _signal: AbortSignal) => {
      most = Math.max(most, ++running);
      await new Promise((done) => setTimeout(done, 1_500));
      running -= 1;
      return nobody;
    });
    const { mine } = start(put);
    mine.come();
    await pass(BEAT_MS * 3 + 100);
    expect(put).toHaveBeenCalledTimes(4);
    expect(most).toBe(1);
    mine.go();
  });

  it("tells of the first key at once, of the others with the beat, and stops telling after a silence", async () => {
    const { mine, put } = start();
    mine.come();
    await pass(500);
    mine.typed();
    mine.typed();
    await pass(0);
    expect(said(put)).toEqual([false, true]);
    await pass(LATELY_MS - 1);
    expect(said(put).at(-1)).toBe(true);
    await pass(BEAT_MS);
    expect(said(put).at(-1)).toBe(false);
    mine.go();
  });

  it("tells at once that the box was emptied", async () => {
    const { mine, put } = start();
    mine.come();
    mine.typed();
    await pass(10);
    mine.rested();
    await pass(0);
    expect(said(put).at(-1)).toBe(false);
    mine.go();
  });

  it("says on leaving that one has left, once, and nothing after", async () => {
    const { mine, put, leave, heard } = start(
      vi.fn(
        (_writing: boolean, _signal: AbortSignal) => new Promise<PresenceList>((done) => setTimeout(done, 900, nobody)),
      ),
    );
    mine.come();
    await pass(500);
    mine.go();
    mine.go();
    mine.typed();
    await pass(BEAT_MS * 5);
    expect(leave).toHaveBeenCalledTimes(1);
    expect(put).toHaveBeenCalledTimes(1);
    expect(put.mock.calls[0]?.[1].aborted).toBe(true);
    expect(heard).not.toHaveBeenCalled();
  });

  it("comes back", async () => {
    const { mine, put } = start();
    mine.come();
    await pass(100);
    mine.go();
    await pass(60_000);
    mine.come();
    await pass(0);
    expect(put).toHaveBeenCalledTimes(2);
    mine.go();
  });

  it("asks less often of a server in trouble, says how long it lasts, and recovers", async () => {
    let broken = true;
    const put = vi.fn(async (_writing: boolean, _signal: AbortSignal) => {
      if (broken) throw new Error("503");
      return nobody;
    });
    const { mine, missed } = start(put);
    mine.come();
    await pass(4_000 + 8_000 + 10);
    expect(put).toHaveBeenCalledTimes(3);
    expect(missed.mock.calls.map(([times]) => times)).toEqual([1, 2, 3]);
    await pass(10 * 60_000);
    const slow = put.mock.calls.length;
    broken = false;
    await pass(30_000);
    expect(missed).toHaveBeenLastCalledWith(0);
    await pass(BEAT_MS * 2);
    expect(put.mock.calls.length).toBeGreaterThanOrEqual(slow + 3);
    mine.go();
  });
});
