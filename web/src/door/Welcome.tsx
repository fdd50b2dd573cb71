import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../api/client";
import type { InvitationShown } from "../api/types";
import { speak } from "../i18n";
import { Button } from "../ui/Button";
import { TextInput } from "../ui/Field";
import { Skeleton } from "../ui/Loaded";
import { Notice } from "../ui/Notice";
import { Door } from "./Door";
import { linkWords } from "./link-words";
import { NewPassword, SHORTEST } from "./NewPassword";

const NAME_MAX = 80;

function Accept({ token, shown }: { token: string; shown: InvitationShown }) {
  const { t } = useTranslation();
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const [tried, setTried] = useState(false);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);

  async function submit(event: FormEvent) {
    event.preventDefault();
    setTried(true);
    if (busy || !name.trim() || password.length < SHORTEST) return;
    setBusy(true);
    setError(null);
    try {
      await api.acceptInvitation(token, name.trim(), password);
      // The cookie is there: the application takes it from here, with the second factor where one is demanded.
      window.location.replace("/");
    } catch (problem) {
      setError(problem);
      setBusy(false);
    }
  }

  return (
    <form onSubmit={submit}>
      {error !== null && <Notice kind="error">{linkWords(t, error)}</Notice>}
      {/* For a password manager: whose the password is. */}
      <TextInput label={t("signIn.email")} type="email" autoComplete="username" readOnly value={shown.email} />
      <TextInput
        label={t("welcome.name")}
        hint={t("welcome.nameHint")}
        error={tried && !name.trim() ? t("welcome.nameMissing") : undefined}
        autoComplete="name"
        required
        maxLength={NAME_MAX}
        value={name}
        onChange={(event) => setName(event.target.value)}
      />
      <NewPassword value={password} onChange={setPassword} tried={tried} label={t("signIn.password")} />
      {shown.second_factor && <p className="muted">{t("welcome.then")}</p>}
      <Button kind="primary" submit busy={busy} className="button--block">
        {t("welcome.accept")}
      </Button>
    </form>
  );
}

/** Where the link of an invitation leads: nothing happens until its reader presses the button. */
export default function Welcome({ token }: { token: string }) {
  const { t } = useTranslation();
  const query = useQuery({
    queryKey: ["invitation"],
    queryFn: () => api.post<InvitationShown>("/session/invitation", { token }),
    retry: false,
    refetchOnWindowFocus: false,
    staleTime: Number.POSITIVE_INFINITY,
  });
  const language = query.data?.language;
  useEffect(() => {
    if (language) void speak(language);
  }, [language]);
  return (
    <Door
      title={t("welcome.title")}
      lead={query.data ? t("welcome.lead", { by: query.data.by, agency: query.data.agency }) : null}
    >
      {query.isPending && <Skeleton rows={3} />}
      {query.isError && (
        <Notice kind="warning">
          <p>{linkWords(t, query.error)}</p>
        </Notice>
      )}
      {query.data && <Accept token={token} shown={query.data} />}
    </Door>
  );
}
