import { useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../../api/client";
import { queries } from "../../api/queries";
import type { Invitation, Language } from "../../api/types";
import { useMe } from "../../shell/me";
import { Button } from "../../ui/Button";
import { Choice, TextInput } from "../../ui/Field";
import { Modal } from "../../ui/Modal";
import { Notice } from "../../ui/Notice";
import { say } from "../../ui/Toasts";
import { errorWords } from "../../words";
import { type Held, RoleFields } from "./RoleFields";

export function InviteDialog({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const me = useMe();
  const queryClient = useQueryClient();
  const [email, setEmail] = useState("");
  const [language, setLanguage] = useState<Language>(me.language);
  const [held, setHeld] = useState<Held>([]);
  const [tried, setTried] = useState(false);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const [key] = useState(() => crypto.randomUUID());

  async function submit(event: FormEvent) {
    event.preventDefault();
    setTried(true);
    if (busy || held.length === 0) return;
    setBusy(true);
    setError(null);
    try {
      const body = { email: email.trim(), language, roles: held };
      const made = await api.post<Invitation>("/invitations", body, { idempotencyKey: key });
      say(t("people.sent", { email: made.email }));
      onClose();
      await queryClient.invalidateQueries({ queryKey: queries.invitations().queryKey });
    } catch (problem) {
      setError(problem);
      setBusy(false);
    }
  }

  return (
    <Modal title={t("people.inviteTitle")} onClose={onClose} wide>
      <form onSubmit={submit} className="modal__form">
        <div className="modal__body">
          {error !== null && <Notice kind="error">{errorWords(t, error)}</Notice>}
          <div className="pair">
            <TextInput
              label={t("people.email")}
              type="email"
              autoComplete="off"
              autoCapitalize="none"
              spellCheck={false}
              required
              maxLength={254}
              value={email}
              onChange={(event) => setEmail(event.target.value)}
            />
            <Choice
              label={t("people.language")}
              value={language}
              onChange={(event) => setLanguage(event.target.value as Language)}
            >
              {(["fr", "en"] as const).map((each) => (
                <option key={each} value={each}>
                  {t(`prefs.languages.${each}`)}
                </option>
              ))}
            </Choice>
          </div>
          <RoleFields held={held} onChange={setHeld} />
          {tried && held.length === 0 && <Notice kind="error">{t("people.rolesMissing")}</Notice>}
        </div>
        <footer className="modal__foot">
          <Button onClick={onClose}>{t("common.cancel")}</Button>
          <Button kind="primary" submit busy={busy}>
            {t("people.send")}
          </Button>
        </footer>
      </form>
    </Modal>
  );
}
