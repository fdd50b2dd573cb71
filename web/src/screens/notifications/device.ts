/** This browser as a place to be told: what the deployment's push needs, and the name people know the device by. */
const REMEMBERED = "parvis-device";

export class NoPush extends Error {}

async function json(path: string, method: "GET" | "POST"): Promise<unknown> {
  const response = await fetch(path, {
    method,
    credentials: "same-origin",
    headers: { Accept: "application/json" },
    signal: AbortSignal.timeout(15_000),
  }).catch(() => null);
  // An unknown path is answered with the application's own page.
  if (!response?.ok || !response.headers.get("Content-Type")?.includes("json")) {
    if (response && response.status >= 500) throw new Error("internal_error");
    throw response ? new NoPush() : new Error("offline");
  }
  return response.json();
}

const field = (value: unknown, name: string): unknown =>
  typeof value === "object" && value !== null ? (value as Record<string, unknown>)[name] : undefined;

/** A registration token from whatever push service is set up here. Raises NoPush when none is, or none we know. */
export async function tokenHere(): Promise<string> {
  const settings = await json("/push.json", "GET");
  const tokens = field(settings, "tokens");
  if (field(settings, "kind") !== "practice" || typeof tokens !== "string" || !/^\/(?!\/)/.test(tokens))
    throw new NoPush();
  const token = field(await json(tokens, "POST"), "token");
  if (typeof token !== "string" || token.length < 8) throw new NoPush();
  return token;
}

const BROWSERS: [RegExp, string][] = [
  [/Edg\//, "Edge"],
  [/Firefox\//, "Firefox"],
  [/Chrome\//, "Chrome"],
  [/Safari\//, "Safari"],
];
const SYSTEMS: [RegExp, string][] = [
  [/iPhone/, "iPhone"],
  [/iPad/, "iPad"],
  [/Android/, "Android"],
  [/Windows/, "Windows"],
  [/Mac OS X/, "Mac"],
  [/Linux/, "Linux"],
];

/** Such as “Chrome, Android”. */
export function deviceName(agent: string): string {
  const first = (list: [RegExp, string][]) => list.find(([pattern]) => pattern.test(agent))?.[1];
  return [first(BROWSERS), first(SYSTEMS)].filter(Boolean).join(", ");
}

export const thisDevice = () => localStorage.getItem(REMEMBERED);
export const rememberDevice = (id: string | null) =>
  id === null ? localStorage.removeItem(REMEMBERED) : localStorage.setItem(REMEMBERED, id);
