import { afterEach, describe, expect, it, vi } from "vitest";
import { deviceName, NoPush, tokenHere } from "./device";

const answers = (...given: Response[]) => {
  const fetched = vi.fn(
    async (_path: string, _init?: RequestInit) => given.shift() ?? new Response(null, { status: 404 }),
  );
  vi.stubGlobal("fetch", fetched);
  return fetched;
};
const json = (body: unknown) => Response.json(body);

afterEach(() => vi.unstubAllGlobals());

describe("a token for this device", () => {
  it("comes from the place that the settings name", async () => {
    const fetched = answers(json({ kind: "practice", tokens: "/push/tokens" }), json({ token: "practice-token-1" }));
    await expect(tokenHere()).resolves.toBe("practice-token-1");
    expect(fetched.mock.calls.map(([path, init]) => [init?.method, path])).toEqual([
      ["GET", "/push.json"],
      ["POST", "/push/tokens"],
    ]);
  });

  it.each([
    ["no settings", [new Response(null, { status: 404 })]],
    [
      "the application's own page in their stead",
      [new Response("<!doctype html>", { headers: { "Content-Type": "text/html" } })],
    ],
    ["a kind of push that is not known", [json({ kind: "pigeon", tokens: "/push/tokens" })]],
    ["settings that point elsewhere", [json({ kind: "practice", tokens: "https://elsewhere.example/tokens" })]],
    [
      "settings that point elsewhere without saying so",
      [json({ kind: "practice", tokens: "//elsewhere.example/tokens" })],
    ],
    ["no token", [json({ kind: "practice", tokens: "/push/tokens" }), json({})]],
  ])("is not there with %s", async (_, given) => {
    answers(...given);
    await expect(tokenHere()).rejects.toBeInstanceOf(NoPush);
  });

  it("does not take a server in trouble for a place without push", async () => {
    answers(new Response(null, { status: 503 }));
    await expect(tokenHere()).rejects.not.toBeInstanceOf(NoPush);
  });
});

it.each([
  ["Mozilla/5.0 (Linux; Android 16; Pixel 9) AppleWebKit/537.36 Chrome/150.0 Mobile Safari/537.36", "Chrome, Android"],
  ["Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605 Version/19 Safari/604.1", "Safari, iPhone"],
  ["Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/150.0 Safari/537.36 Edg/150.0", "Edge, Windows"],
  ["something", ""],
])("deviceName of %s", (agent, name) => expect(deviceName(agent)).toBe(name));
