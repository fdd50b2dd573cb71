import { useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../../api/client";
import { queries } from "../../api/queries";
import type { Person } from "../../api/types";
import { Button } from "../../ui/Button";
import { Modal } from "../../ui/Modal";
import { Notice } from "../../ui/Notice";
import { say } from "../../ui/Toasts";
import { errorWords } from "../../words";
import { RoleFields } from "./RoleFields";

export function RolesDialog({ person, onClose }: { person: Person; onClose: () => void }) {
  const { t } = useTranslation();
  const queryClient = useQueryClient();
  const [held, setHeld] = useState(person.roles);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);

  async function submit(event: FormEvent) {
    event.preventDefault();
    if (busy) return;
    setBusy(true);
    setError(null);
    try {
      await api.patch(`/people/${person.id}`, { roles: held }, person.version);
      say(t("people.rolesSaved"));
      onClose();
    } catch (problem) {
      setError(problem);
      setBusy(false);
    }
    await queryClient.invalidateQueries({ queryKey: queries.people().queryKey });
  }

  return (
    <Modal title={t("people.rolesOf", { name: person.name })} onClose={onClose} wide>
      <form onSubmit={submit} className="modal__form">
        <div className="modal__body">
          {error !== null && <Notice kind="error">{errorWords(t, error)}</Notice>}
          <RoleFields held={held} onChange={setHeld} />
        </div>
        <footer className="modal__foot">
          <Button onClick={onClose}>{t("common.cancel")}</Button>
          <Button kind="primary" submit busy={busy}>
            {t("common.save")}
          </Button>
        </footer>
      </form>
    </Modal>
  );
}
