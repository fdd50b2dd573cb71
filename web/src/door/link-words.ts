import type { TFunction } from "i18next";
import { asApiError } from "../api/client";
import { errorWords } from "../words";

/** Why a link of a mail is worth nothing: said of links here, not of reviews, where the same codes have other words. */
export function linkWords(t: TFunction, error: unknown): string {
  switch (asApiError(error).code) {
    case "link_used":
      return t("link.used");
    case "link_expired":
      return t("link.expired");
    case "link_withdrawn":
      return t("link.withdrawn");
    case "link_replaced":
      return t("link.replaced");
    case "not_found":
      return t("link.unknown");
    default:
      return errorWords(t, error);
  }
}
