import { Monitor, Moon, Sun } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { Language } from "../api/types";
import { setTheme, type Theme, useTheme } from "./theme";

const THEMES: [Theme, typeof Sun][] = [
  ["system", Monitor],
  ["light", Sun],
  ["dark", Moon],
];

export function ThemeSwitch() {
  const { t } = useTranslation();
  const theme = useTheme();
  return (
    <fieldset className="switch">
      <legend className="visually-hidden">{t("prefs.theme")}</legend>
      {THEMES.map(([value, Icon]) => (
        <button
          key={value}
          type="button"
          className="switch__option"
          aria-pressed={theme === value}
          aria-label={t(`prefs.${value}`)}
          title={t(`prefs.${value}`)}
          onClick={() => setTheme(value)}
        >
          <Icon size={16} aria-hidden="true" />
        </button>
      ))}
    </fieldset>
  );
}

const LANGUAGES: Record<Language, { short: string; name: string }> = {
  fr: { short: "FR", name: "Français" },
  en: { short: "EN", name: "English" },
};

export function LanguageSwitch({ onChange }: { onChange: (language: Language) => void }) {
  const { t, i18n } = useTranslation();
  return (
    <fieldset className="switch">
      <legend className="visually-hidden">{t("prefs.language")}</legend>
      {(["fr", "en"] as const).map((language) => (
        <button
          key={language}
          type="button"
          className="switch__option"
          aria-pressed={i18n.language === language}
          lang={language}
          onClick={() => onChange(language)}
        >
          {LANGUAGES[language].short}
          <span className="visually-hidden">{LANGUAGES[language].name}</span>
        </button>
      ))}
    </fieldset>
  );
}
