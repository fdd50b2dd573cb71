import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { ApiError, type Arrival, api } from "../api/client";
import type { Challenge } from "../api/types";
import { Button } from "../ui/Button";
import { TextInput } from "../ui/Field";
import { Notice } from "../ui/Notice";
import { errorWords } from "../words";
import { CodeInput, isCode } from "./CodeInput";
import { Codes } from "./Codes";
import { Door } from "./Door";
import { Secret } from "./Secret";

type Step =
  | { at: "password" }
  | { at: "challenge"; challenge: Challenge }
  | { at: "recovery" }
  | { at: "codes"; codes: string[]; enter: () => void };

/** The password, then what is asked after it: a code, setting up an authenticator, or a recovery code in its place. */
export function SignIn() {
  const { t } = useTranslation();
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const [code, setCode] = useState("");
  const [step, setStep] = useState<Step>({ at: "password" });
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);

  function take(arrival: Arrival) {
    setCode("");
    if (arrival.challenge) setStep({ at: "challenge", challenge: arrival.challenge });
    else if (arrival.codes.length > 0) setStep({ at: "codes", codes: arrival.codes, enter: arrival.enter });
    else arrival.enter();
  }

  function go(to: Step) {
    setError(null);
    setCode("");
    setStep(to);
  }

  async function submit(event: FormEvent) {
    event.preventDefault();
    if (busy) return;
    setBusy(true);
    setError(null);
    try {
      if (step.at === "challenge") take(await api.answerChallenge(email.trim(), step.challenge, code));
      else if (step.at === "recovery") take(await api.recover(email.trim(), password, code));
      else take(await api.signIn(email.trim(), password));
    } catch (problem) {
      setError(problem);
      setCode("");
      // The pool forgets a challenge after some minutes: only the password opens another.
      if (problem instanceof ApiError && problem.code === "challenge_ended") setStep({ at: "password" });
    } finally {
      setBusy(false);
    }
  }

  const problem = error !== null && <Notice kind="error">{errorWords(t, error)}</Notice>;
  const back = (
    <button type="button" className="text-button" onClick={() => go({ at: "password" })}>
      {t("signIn.back")}
    </button>
  );

  if (step.at === "codes") {
    return (
      <Door title={t("recovery.title")}>
        <Codes codes={step.codes} action={t("recovery.goOn")} onDone={step.enter} />
      </Door>
    );
  }
  if (step.at === "recovery") {
    return (
      <Door title={t("recovery.use")} lead={t("recovery.useWords")}>
        <form onSubmit={submit}>
          {problem}
          <TextInput
            label={t("recovery.one")}
            autoComplete="off"
            autoCapitalize="none"
            spellCheck={false}
            required
            maxLength={40}
            value={code}
            onChange={(event) => setCode(event.target.value)}
          />
          <Button kind="primary" submit busy={busy} className="button--block">
            {t("signIn.submit")}
          </Button>
          {back}
        </form>
      </Door>
    );
  }
  if (step.at === "challenge") {
    const { secret, address } = step.challenge;
    return (
      <Door
        title={t("secondFactor.title")}
        lead={secret ? t("secondFactor.must") : t("secondFactor.ask", { email: email.trim() })}
      >
        <form onSubmit={submit}>
          {problem}
          {secret && address && <Secret secret={secret} address={address} />}
          <CodeInput value={code} onChange={setCode} autoFocus />
          <Button kind="primary" submit busy={busy} className="button--block" disabled={!isCode(code)}>
            {t("signIn.submit")}
          </Button>
          {!secret && (
            <button type="button" className="text-button" onClick={() => go({ at: "recovery" })}>
              {t("recovery.lost")}
            </button>
          )}
          {back}
        </form>
      </Door>
    );
  }
  return (
    <Door title={t("signIn.title")}>
      <form onSubmit={submit}>
        {problem}
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
      <a className="text-button" href="/reset">
        {t("signIn.forgotten")}
      </a>
    </Door>
  );
}
