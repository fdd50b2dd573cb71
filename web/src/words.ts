import i18next, { type TFunction } from "i18next";
import { asApiError } from "./api/client";

/** The words for a code of the API; a general sentence that shows the code when we have none of its own. */
function wordsFor(t: TFunction, group: "errors" | "reasons" | "notices", code: string): string {
  const key = `${group}.${code}`;
  return i18next.exists(key) ? t(key as "errors.offline") : t(`${group}.unknown`, { code });
}

export const errorWords = (t: TFunction, error: unknown): string => wordsFor(t, "errors", asApiError(error).code);
export const codeWords = (t: TFunction, code: string): string => wordsFor(t, "errors", code);
export const noticeWords = (t: TFunction, code: string): string => wordsFor(t, "notices", code);
export const reasonWords = (t: TFunction, code: string): string => wordsFor(t, "reasons", code);
