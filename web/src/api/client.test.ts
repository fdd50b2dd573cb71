import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ApiError, createApi } from "./client";

type Call = { method: string; path: string; headers: Record<string, string>; body: unknown };

/** A server of one's own: each request is written down and answered by `respond`. */
function server(respond: (call: Call, number: number) => [number, unknown] | Promise<never>) {
  const calls: Call[] = [];
  const fetchWith = vi.fn(async (input: RequestInfo | URL, init: RequestInit = {}) => {
    const call: Call = {
      method: init.method ?? "GET",
      path: String(input),
      headers: (init.headers ?? {}) as Record<string, string>,
      body: init.body ? JSON.parse(String(init.body)) : undefined,
    };
    calls.push(call);
    const [status, body] = await respond(call, calls.length);
    return new Response(status === 204 ? null : JSON.stringify(body), { status });
  });
  return { calls, api: createApi(fetchWith as typeof fetch) };
}

const session = (token: string) => ({
  access_token: token,
  expires_in: 900,
  me: { id: "p" },
  challenge: null,
  recovery_codes: [],
});

async function comeIn(api: ReturnType<typeof createApi>) {
  const arrival = await api.signIn("a@b.example", "secret");
  if (arrival.challenge) throw new Error("a challenge");
  arrival.enter();
}
const refused = (code: string) => ({ error: { code, field: null, hint: null } });

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe("the session", () => {
  it("renews once, however many requests were answered 401 together, and repeats each of them", async () => {
    const { api, calls } = server((call) => {
      if (call.path === "/api/session") return [200, session("old")];
      if (call.path === "/api/session/refresh") return [200, session("new")];
      return call.headers.Authorization === "Bearer new"
        ? [200, { items: [], next: null }]
        : [401, refused("unauthenticated")];
    });
    await comeIn(api);
    await Promise.all([api.get("/posts"), api.get("/pauses"), api.get("/profiles")]);
    expect(calls.filter((call) => call.path === "/api/session/refresh")).toHaveLength(1);
  });

  it("does not go round when the new token is refused too", async () => {
    const { api, calls } = server((call) => {
      if (call.path.startsWith("/api/session")) return [200, session("t")];
      return [401, refused("unauthenticated")];
    });
    await comeIn(api);
    await expect(api.get("/posts")).rejects.toMatchObject({ status: 401 });
    expect(calls.filter((call) => call.path === "/api/posts")).toHaveLength(2);
  });

  it("is renewed a minute before it ends", async () => {
    const { api, calls } = server(() => [200, session("t")]);
    await comeIn(api);
    await vi.advanceTimersByTimeAsync(839_000);
    expect(calls).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(calls.map((call) => call.path)).toEqual(["/api/session", "/api/session/refresh"]);
  });

  it("ends by the server's word, not by a lost connection", async () => {
    const heard: unknown[] = [];
    let online = false;
    const { api } = server((call) => {
      if (call.path === "/api/session") return [200, session("t")];
      return online ? [401, refused("session_ended")] : Promise.reject(new TypeError("network"));
    });
    await comeIn(api);
    api.onSession((given) => heard.push(given));
    await expect(api.renew()).rejects.toMatchObject({ code: "offline" });
    expect(heard).toEqual([]);
    online = true;
    expect(await api.renew()).toBe(false);
    expect(heard).toEqual([null]);
  });

  it("is put into no storage", async () => {
    const { api } = server(() => [200, session("very-secret")]);
    await comeIn(api);
    expect(JSON.stringify({ ...localStorage, ...sessionStorage }) + document.cookie).not.toContain("very-secret");
  });

  it("sends no token after signing out, even when the server could not be told", async () => {
    const { api, calls } = server((call) => {
      if (call.method === "DELETE") return Promise.reject(new TypeError("network"));
      return call.path === "/api/session" ? [200, session("t")] : [401, refused("unauthenticated")];
    });
    await comeIn(api);
    await expect(api.signOut()).rejects.toBeInstanceOf(ApiError);
    await expect(api.get("/posts")).rejects.toMatchObject({ code: "unauthenticated" });
    expect(calls.at(-1)?.headers.Authorization).toBeUndefined();
  });
});

describe("requests", () => {
  it("carry the version that was read and the key of the intention", async () => {
    const { api, calls } = server(() => [200, {}]);
    await api.patch("/posts/1", { text: "x" }, 7);
    await api.post("/posts", { text: "x" }, { idempotencyKey: "k" });
    expect(calls[0]?.headers["If-Match"]).toBe('"7"');
    expect(calls[1]?.headers["Idempotency-Key"]).toBe("k");
  });

  it("follow a list to its end", async () => {
    const { api, calls } = server((_, number) => [200, { items: [number], next: number < 3 ? `c${number}` : null }]);
    expect(await api.all("/calendar?from=a&to=b")).toEqual([1, 2, 3]);
    expect(calls[2]?.path).toBe("/api/calendar?from=a&to=b&cursor=c2");
  });

  it("never follow a list without end", async () => {
    const { api, calls } = server(() => [200, { items: [1], next: "again" }]);
    await expect(api.all("/posts", undefined, 5)).rejects.toMatchObject({ code: "too_much_to_show" });
    expect(calls).toHaveLength(5);
  });

  it("give the API's code, field and hint, and a code of their own where the answer is no JSON", async () => {
    const { api } = server(() => [422, { error: { code: "due_in_the_past", field: "due_local", hint: "Too late." } }]);
    await expect(api.post("/x")).rejects.toMatchObject({ status: 422, code: "due_in_the_past", field: "due_local" });
    const broken = createApi((async () => new Response("<html>", { status: 502 })) as typeof fetch);
    await expect(broken.get("/x")).rejects.toMatchObject({ status: 502, code: "internal_error" });
  });
});
