import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../api/client";
import { Button } from "../ui/Button";
import { TextInput } from "../ui/Field";
import { Notice } from "../ui/Notice";
import { Door } from "./Door";
import { linkWords } from "./link-words";
import { NewPassword, SHORTEST } from "./NewPassword";

function Ask() {
  const { t } = useTranslation();
  const [email, setEmail] = useState("");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const [asked, setAsked] = useState(false);

  async function submit(event: FormEvent) {
    event.preventDefault();
    if (busy) return;
    setBusy(true);
    setError(null);
    try {
      await api.post("/session/reset", { email: email.trim() });
      setAsked(true);
    } catch (problem) {
      setError(problem);
    } finally {
      setBusy(false);
    }
  }

  return (
    <Door title={t("reset.title")} lead={asked ? null : t("reset.lead")}>
      {asked ? (
        <Notice kind="success" title={t("reset.asked")}>
          <p>{t("reset.askedWords", { email: email.trim() })}</p>
        </Notice>
      ) : (
        <form onSubmit={submit}>
          {error !== null && <Notice kind="error">{linkWords(t, error)}</Notice>}
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
          <Button kind="primary" submit busy={busy} className="button--block">
            {t("reset.send")}
          </Button>
        </form>
      )}
      <a className="text-button" href="/">
        {t("signIn.back")}
      </a>
    </Door>
  );
}

function Complete({ token }: { token: string }) {
  const { t } = useTranslation();
  const [password, setPassword] = useState("");
  const [tried, setTried] = useState(false);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const [done, setDone] = useState(false);

  async function submit(event: FormEvent) {
    event.preventDefault();
    setTried(true);
    if (busy || password.length < SHORTEST) return;
    setBusy(true);
    setError(null);
    try {
      await api.post("/session/reset/completion", { token, password });
      setDone(true);
    } catch (problem) {
      setError(problem);
    } finally {
      setBusy(false);
    }
  }

  return (
    <Door title={t("reset.title")}>
      {done ? (
        <>
          <Notice kind="success" title={t("reset.done")}>
            <p>{t("reset.doneWords")}</p>
          </Notice>
          <a className="button button--primary button--block" href="/">
            {t("signIn.submit")}
          </a>
        </>
      ) : (
        <form onSubmit={submit}>
          {error !== null && <Notice kind="error">{linkWords(t, error)}</Notice>}
          <NewPassword value={password} onChange={setPassword} tried={tried} />
          <Button kind="primary" submit busy={busy} className="button--block">
            {t("reset.set")}
          </Button>
          <a className="text-button" href="/reset">
            {t("reset.another")}
          </a>
        </form>
      )}
    </Door>
  );
}

/** A new password: asked for by mail, or set by the mail's link. */
export default function Reset({ token }: { token: string }) {
  return token ? <Complete token={token} /> : <Ask />;
}
