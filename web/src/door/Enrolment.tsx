import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../api/client";
import type { RecoveryCodes, SecondFactorBegun } from "../api/types";
import { Button } from "../ui/Button";
import { TextInput } from "../ui/Field";
import { Notice } from "../ui/Notice";
import { errorWords } from "../words";
import { CodeInput, isCode } from "./CodeInput";
import { Secret } from "./Secret";

type Props = {
  /** There is an authenticator already, which this one takes the place of: the password is asked for. */
  again: boolean;
  onCodes: (codes: string[]) => void;
};

/** Setting up an authenticator, for who is signed in: the password where it replaces one, the secret, its first code. */
export function Enrolment({ again, onCodes }: Props) {
  const { t } = useTranslation();
  const [password, setPassword] = useState("");
  const [begun, setBegun] = useState<SecondFactorBegun | null>(null);
  const [code, setCode] = useState("");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);

  async function step(act: () => Promise<void>) {
    setBusy(true);
    setError(null);
    try {
      await act();
    } catch (problem) {
      setError(problem);
    } finally {
      setBusy(false);
    }
  }

  const begin = () =>
    step(async () => setBegun(await api.post<SecondFactorBegun>("/me/second-factor", again ? { password } : {})));
  const verify = () =>
    step(async () => onCodes((await api.post<RecoveryCodes>("/me/second-factor/verification", { code })).codes));

  function submit(event: FormEvent) {
    event.preventDefault();
    if (!busy) void (begun ? verify() : begin());
  }

  return (
    <form onSubmit={submit} className="enrolment">
      {error !== null && <Notice kind="error">{errorWords(t, error)}</Notice>}
      {begun ? (
        <>
          <ol className="enrolment__steps">
            <li>{t("secondFactor.scan")}</li>
            <li>{t("secondFactor.type")}</li>
          </ol>
          <Secret address={begun.address} secret={begun.secret} />
          <CodeInput value={code} onChange={setCode} autoFocus />
        </>
      ) : (
        <>
          <p>{t("secondFactor.need")}</p>
          {again && (
            <TextInput
              label={t("password.current")}
              type="password"
              autoComplete="current-password"
              required
              value={password}
              onChange={(event) => setPassword(event.target.value)}
            />
          )}
        </>
      )}
      <Button kind="primary" submit busy={busy} className="button--block" disabled={begun !== null && !isCode(code)}>
        {begun ? t("secondFactor.verify") : t("secondFactor.begin")}
      </Button>
    </form>
  );
}
