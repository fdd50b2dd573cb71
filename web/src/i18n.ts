import i18next from "i18next";
import { initReactI18next } from "react-i18next";
import type { Language } from "./api/types";
import type en from "./locales/en.json";

declare module "i18next" {
  interface CustomTypeOptions {
    defaultNS: "words";
    resources: { words: typeof en };
  }
}

const REMEMBERED = "parvis-language";

const loaders: Record<Language, () => Promise<{ default: object }>> = {
  en: () => import("./locales/en.json"),
  fr: () => import("./locales/fr.json"),
};

/** Language codes for Intl: British forms, so that weeks begin on Monday and days come before months. */
export const localeOf = (language: string): string => (language === "fr" ? "fr-FR" : "en-GB");

export function firstLanguage(): Language {
  const remembered = localStorage.getItem(REMEMBERED);
  if (remembered === "fr" || remembered === "en") return remembered;
  return navigator.languages.find((tag) => /^(fr|en)\b/.test(tag))?.startsWith("fr") ? "fr" : "en";
}

async function load(language: Language) {
  if (!i18next.hasResourceBundle(language, "words")) {
    i18next.addResourceBundle(language, "words", (await loaders[language]()).default);
  }
}

export async function speak(language: Language): Promise<void> {
  await load(language);
  await i18next.changeLanguage(language);
  document.documentElement.lang = language;
  localStorage.setItem(REMEMBERED, language);
}

export async function startSpeaking(): Promise<void> {
  await i18next.use(initReactI18next).init({
    lng: firstLanguage(),
    fallbackLng: false,
    ns: ["words"],
    defaultNS: "words",
    resources: {},
    interpolation: { escapeValue: false }, // React escapes.
    returnNull: false,
  });
  await speak(firstLanguage());
}
