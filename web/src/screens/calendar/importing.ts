import { api } from "../../api/client";
import type { Imported, ImportedRow, NewImport } from "../../api/types";

/** As chalicelib/publishing/sheet.py has it: what is larger is refused before it is sent. */
export const FILE_BYTES_MAX = 4_000_000;

const TIMEOUT_MS = 35_000;
const CHUNK = 0x8000;

/** What is known after some of the slices; following: where to go on, null after the last. */
export type Progress = { head: Imported; rows: ImportedRow[]; following: string | null };

export type Options = { department: string; campaign: string | null; zone: string };

export function base64(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += CHUNK) text += String.fromCharCode(...bytes.subarray(at, at + CHUNK));
  return btoa(text);
}

/**
 * Sends the file as often as the server asks for, a slice of its rows each time, and tells of each. Stops with the
 * error of a slice; what was told until then stands, and `from` goes on behind it.
 */
export async function sendSlices(
  file: string,
  options: Options,
  dryRun: boolean,
  from: Progress | null,
  tell: (progress: Progress) => void,
): Promise<void> {
  let progress = from;
  do {
    const cursor = progress?.following;
    const body: NewImport = { file, ...options, dry_run: dryRun, ...(cursor ? { cursor } : {}) };
    const head = await api.post<Imported>("/posts/imports", body, { timeoutMs: TIMEOUT_MS });
    progress = { head, rows: [...(progress?.rows ?? []), ...head.items], following: head.next };
    tell(progress);
  } while (progress.following !== null);
}

export type Tally = { scheduled: number; draft: number; already: number; bad: number };

export function tally(rows: readonly ImportedRow[]): Tally {
  const found = { scheduled: 0, draft: 0, already: 0, bad: 0 };
  for (const row of rows) {
    if (row.outcome === "bad") found.bad += 1;
    else if (row.outcome === "already_imported") found.already += 1;
    else if (row.becomes) found[row.becomes] += 1;
  }
  return found;
}
