import type { Challenge, Me, Page, Session, SignedIn } from "./types";

/** Why a request did not succeed. `code` is the API's, or `offline`, `timed_out`, `unreadable` when no answer came. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    readonly field?: string,
    readonly hint?: string,
  ) {
    super(hint ? `${code}: ${hint}` : code);
  }
}

export function asApiError(error: unknown): ApiError {
  return error instanceof ApiError ? error : new ApiError(0, "internal_error");
}

type Options = {
  body?: unknown;
  /** Version that was read: sent as If-Match, so that nobody's change is overwritten unseen. */
  version?: number;
  /** The same key on every retry of one intention: what was already created is answered, not created again. */
  idempotencyKey?: string;
  signal?: AbortSignal;
  timeoutMs?: number;
  /** Still sent when the page goes away. */
  keepalive?: boolean;
};

const TIMEOUT_MS = 20_000;
const REFRESH_BEFORE_END_MS = 60_000;

type Listener = (session: Session | null) => void;

/** What a step of coming in led to: another step, or the door. codes: to be read before going through it. */
export type Arrival = { challenge: Challenge } | { challenge: null; codes: string[]; enter: () => void };

/**
 * The API and the session it is called with.
 *
 * The access token lives in this closure only. It is renewed from the HttpOnly cookie a minute before it ends, and once
 * when a request is answered 401; however many requests notice at the same time, one renewal is made (also across tabs,
 * by a Web Lock, where the browser has them).
 */
export function createApi(fetchWith: typeof fetch = (...args) => fetch(...args)) {
  let token: string | null = null;
  let renewal: Promise<boolean> | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const listeners = new Set<Listener>();

  async function send(method: string, path: string, options: Options): Promise<Response> {
    const headers: Record<string, string> = { Accept: "application/json" };
    if (token) headers.Authorization = `Bearer ${token}`;
    if (options.body !== undefined) headers["Content-Type"] = "application/json";
    if (options.version !== undefined) headers["If-Match"] = `"${options.version}"`;
    if (options.idempotencyKey) headers["Idempotency-Key"] = options.idempotencyKey;
    const limit = AbortSignal.timeout(options.timeoutMs ?? TIMEOUT_MS);
    try {
      return await fetchWith(`/api${path}`, {
        method,
        headers,
        credentials: "same-origin",
        ...(options.keepalive ? { keepalive: true } : {}),
        signal: options.signal ? AbortSignal.any([options.signal, limit]) : limit,
        ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
      });
    } catch (error) {
      if (options.signal?.aborted) throw error;
      throw new ApiError(0, limit.aborted ? "timed_out" : "offline");
    }
  }

  async function read<T>(response: Response): Promise<T> {
    if (response.status === 204) return undefined as T;
    let body: unknown;
    try {
      body = await response.json();
    } catch {
      throw new ApiError(response.status, response.ok ? "unreadable" : "internal_error");
    }
    if (response.ok) return body as T;
    const error = (body as { error?: { code?: string; field?: string | null; hint?: string | null } }).error;
    throw new ApiError(
      response.status,
      error?.code ?? "internal_error",
      error?.field ?? undefined,
      error?.hint ?? undefined,
    );
  }

  function keep(session: Session | null) {
    token = session?.access_token ?? null;
    clearTimeout(timer);
    if (session) {
      const wait = Math.max(session.expires_in * 1000 - REFRESH_BEFORE_END_MS, session.expires_in * 500);
      timer = setTimeout(() => void renew(), wait);
    }
    for (const listener of listeners) listener(session);
  }

  async function renewOnce(): Promise<boolean> {
    try {
      keep(await read<Session>(await send("POST", "/session/refresh", {})));
      return true;
    } catch (error) {
      // Only the server's own word ends a session; a lost connection does not.
      if (error instanceof ApiError && error.status === 401) keep(null);
      else throw error;
      return false;
    }
  }

  async function renewAlone(): Promise<boolean> {
    return navigator.locks ? await navigator.locks.request("parvis-session", renewOnce) : renewOnce();
  }

  function renew(): Promise<boolean> {
    renewal ??= renewAlone().finally(() => {
      renewal = null;
    });
    return renewal;
  }

  async function request<T>(method: string, path: string, options: Options = {}): Promise<T> {
    const used = token;
    let response = await send(method, path, options);
    if (response.status === 401 && used !== null && (token !== used || (await renew()))) {
      response = await send(method, path, options);
    }
    try {
      return await read<T>(response);
    } catch (error) {
      // Policy has come to demand a second factor: a new session says so, and the application shows the way.
      if (error instanceof ApiError && error.code === "second_factor_required") void renew().catch(() => undefined);
      throw error;
    }
  }

  /** One step of coming in, with no token: what is sent is the proof. */
  async function arrive(path: string, body: unknown): Promise<Arrival> {
    token = null;
    const answer = await read<SignedIn>(await send("POST", path, { body }));
    if (answer.challenge) return { challenge: answer.challenge };
    const session = {
      access_token: answer.access_token as string,
      expires_in: answer.expires_in as number,
      me: answer.me as Me,
    };
    return { challenge: null, codes: answer.recovery_codes, enter: () => keep(session) };
  }

  return {
    get: <T>(path: string, signal?: AbortSignal) => request<T>("GET", path, signal ? { signal } : {}),
    post: <T>(path: string, body?: unknown, options: Omit<Options, "body"> = {}) =>
      request<T>("POST", path, { ...options, body: body ?? {} }),
    patch: <T>(path: string, body: unknown, version?: number) =>
      request<T>("PATCH", path, version === undefined ? { body } : { body, version }),
    put: <T>(path: string, body: unknown, signal?: AbortSignal, version?: number) =>
      request<T>("PUT", path, {
        body,
        ...(signal ? { signal } : {}),
        ...(version === undefined ? {} : { version }),
      }),
    /** Said on the way out: nobody waits for the answer, and a failure is nobody's concern. */
    leave(path: string): void {
      void request("DELETE", path, { keepalive: true }).catch(() => undefined);
    },
    delete: <T>(path: string, version?: number) => request<T>("DELETE", path, version === undefined ? {} : { version }),

    /** Every page of a list, at most `most` of them, so that no item is lost from a view and no loop is endless. */
    async all<T>(path: string, signal?: AbortSignal, most = 100): Promise<T[]> {
      const items: T[] = [];
      let cursor: string | null = null;
      for (let page = 0; page < most; page += 1) {
        const query: string = cursor ? `${path.includes("?") ? "&" : "?"}cursor=${encodeURIComponent(cursor)}` : "";
        const answer: Page<T> = await request<Page<T>>("GET", path + query, signal ? { signal } : {});
        items.push(...answer.items);
        if (!answer.next) return items;
        cursor = answer.next;
      }
      throw new ApiError(0, "too_much_to_show");
    },

    signIn: (email: string, password: string) => arrive("/session", { email, password }),
    answerChallenge: (email: string, { kind, challenge }: Challenge, code: string) =>
      arrive("/session/challenge", { email, kind, challenge, code }),
    recover: (email: string, password: string, code: string) => arrive("/session/recovery", { email, password, code }),
    acceptInvitation: (token: string, name: string, password: string) =>
      arrive("/session/invitation/acceptance", { token, name, password }),
    renew,
    async signOut(): Promise<void> {
      try {
        await send("DELETE", "/session", {});
      } finally {
        keep(null);
      }
    },
    onSession(listener: Listener): () => void {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

export const api = createApi();
