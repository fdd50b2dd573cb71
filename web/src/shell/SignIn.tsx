import { type FormEvent, useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../api/client";
import { speak } from "../i18n";
import { Button } from "../ui/Button";
import { TextInput } from "../ui/Field";
import { Notice } from "../ui/Notice";
import { errorWords } from "../words";
import { Mark } from "./Mark";
import { LanguageSwitch, ThemeSwitch } from "./Preferences";

export function SignIn() {
  const { t } = useTranslation();
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);

  useEffect(() => {
    document.title = `${t("signIn.title")} · Parvis`;
  }, [t]);

  async function submit(event: FormEvent) {
    event.preventDefault();
    setBusy(true);
    setError(null);
    try {
      await api.signIn(email.trim(), password);
    } catch (problem) {
      setError(problem);
      setBusy(false);
    }
  }

  return (
    <div className="sign-in">
      <div className="sign-in__paving" aria-hidden="true" />
      <main className="sign-in__card">
        <div className="sign-in__brand">
          <Mark size={40} />
          <div>
            <p className="sign-in__name">Parvis</p>
            <p className="sign-in__tagline">{t("signIn.tagline")}</p>
          </div>
        </div>
        <h1>{t("signIn.title")}</h1>
        <form onSubmit={submit}>
          {error !== null && <Notice kind="error">{errorWords(t, error)}</Notice>}
          <TextInput
            label={t("signIn.email")}
            type="email"
            autoComplete="username"
            autoCapitalize="none"
            spellCheck={false}
            required
            value={email}
            onChange={(event) => setEmail(event.target.value)}
          />
          <TextInput
            label={t("signIn.password")}
            type="password"
            autoComplete="current-password"
            required
            value={password}
            onChange={(event) => setPassword(event.target.value)}
          />
          <Button kind="primary" submit busy={busy} className="button--block">
            {t("signIn.submit")}
          </Button>
        </form>
        <footer className="sign-in__foot">
          <LanguageSwitch onChange={(language) => void speak(language)} />
          <ThemeSwitch />
        </footer>
      </main>
    </div>
  );
}
