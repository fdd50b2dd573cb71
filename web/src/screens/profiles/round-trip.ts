/** What must survive the way to a network's own page and back: which connection was begun, for which profile. */
const KEY = "parvis-connection";

export type RoundTrip = { connection: string; state: string; mends: string | null };

/** `state` is read from the address the network is called with, to be compared with the one it brings back. */
export function depart(connection: string, authorizeUrl: string, mends: string | null): void {
  const state = new URL(authorizeUrl).searchParams.get("state") ?? "";
  sessionStorage.setItem(KEY, JSON.stringify({ connection, state, mends } satisfies RoundTrip));
  window.location.assign(authorizeUrl);
}

export function returned(): RoundTrip | null {
  const kept = sessionStorage.getItem(KEY);
  sessionStorage.removeItem(KEY);
  if (!kept) return null;
  try {
    return JSON.parse(kept) as RoundTrip;
  } catch {
    return null;
  }
}
