import { type ReactNode, useState } from "react";
import { useTranslation } from "react-i18next";
import { errorWords } from "../words";
import { Button } from "./Button";
import { Modal } from "./Modal";
import { Notice } from "./Notice";

type Props = {
  title: string;
  children: ReactNode;
  action: string;
  danger?: boolean;
  /** False while the question inside is not answered. */
  ready?: boolean;
  onConfirm: () => Promise<unknown>;
  onClose: () => void;
};

/** A question before an act with consequences. Stays open, saying why, when the act did not succeed. */
export function Confirm({ title, children, action, danger, ready = true, onConfirm, onClose }: Props) {
  const { t } = useTranslation();
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  async function act() {
    setBusy(true);
    setError(null);
    try {
      await onConfirm();
      onClose();
    } catch (problem) {
      setError(problem);
      setBusy(false);
    }
  }
  return (
    <Modal title={title} onClose={onClose} alert>
      <div className="modal__body">
        {children}
        {error !== null && <Notice kind="error">{errorWords(t, error)}</Notice>}
      </div>
      <footer className="modal__foot">
        <Button onClick={onClose}>{t("common.cancel")}</Button>
        <Button kind={danger ? "danger" : "primary"} busy={busy} disabled={!ready} onClick={act}>
          {action}
        </Button>
      </footer>
    </Modal>
  );
}
