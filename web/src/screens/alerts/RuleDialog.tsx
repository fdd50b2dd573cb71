import { useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useId, useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../../api/client";
import { queries } from "../../api/queries";
import type { AlertRule, AlertRuleChange, Profile } from "../../api/types";
import { Button } from "../../ui/Button";
import { TextInput } from "../../ui/Field";
import { Modal } from "../../ui/Modal";
import { Notice } from "../../ui/Notice";
import { say } from "../../ui/Toasts";
import { errorWords } from "../../words";

const METHODS = ["seasonal", "hourly_average"] as const;
const SENSITIVITIES = ["high", "medium", "low"] as const;
const FLOOR_MAX = 100_000;

/** What rings for one profile. */
export default function RuleDialog(props: { rule: AlertRule; profile: Profile; onClose: () => void }) {
  const { rule, profile, onClose } = props;
  const { t } = useTranslation();
  const queryClient = useQueryClient();
  const name = useId();
  const [change, setChange] = useState<Omit<AlertRuleChange, "floor">>({
    method: rule.method,
    sensitivity: rule.sensitivity,
    active: rule.active,
  });
  const [floor, setFloor] = useState(String(rule.floor));
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const number = Number(floor);
  const wrong = !Number.isInteger(number) || number < 1 || number > FLOOR_MAX;

  async function submit(event: FormEvent) {
    event.preventDefault();
    if (busy || wrong) return;
    setBusy(true);
    setError(null);
    try {
      await api.patch<AlertRule>(`/alert-rules/${rule.id}`, { ...change, floor: number }, rule.version);
      say(t("alerts.rules.changed"));
      onClose();
    } catch (problem) {
      setError(problem);
      setBusy(false);
    }
    await queryClient.invalidateQueries({ queryKey: queries.alertRules().queryKey });
  }

  return (
    <Modal title={t("alerts.rules.dialog", { handle: profile.handle })} onClose={onClose}>
      <form onSubmit={submit} className="modal__form">
        <div className="modal__body">
          <label className="check">
            <input
              type="checkbox"
              checked={change.active}
              onChange={(event) => setChange({ ...change, active: event.target.checked })}
            />
            {t("alerts.rules.active")}
          </label>
          <fieldset className="options">
            <legend>{t("alerts.rules.method")}</legend>
            {METHODS.map((method) => (
              <label key={method} className="option option--words">
                <input
                  type="radio"
                  name={`${name}-method`}
                  checked={change.method === method}
                  onChange={() => setChange({ ...change, method })}
                />
                <span>
                  <strong>{t(`alerts.rules.methods.${method}`)}</strong>
                  <span className="option__hint">
                    {t(`alerts.rules.methodWords.${method}`)}
                    {method === "seasonal" && ` ${t("alerts.rules.learned", { count: rule.learned_hours })}`}
                  </span>
                </span>
              </label>
            ))}
          </fieldset>
          <fieldset className="options">
            <legend>{t("alerts.rules.sensitivity")}</legend>
            {SENSITIVITIES.map((sensitivity) => (
              <label key={sensitivity} className="option option--words">
                <input
                  type="radio"
                  name={`${name}-sensitivity`}
                  checked={change.sensitivity === sensitivity}
                  onChange={() => setChange({ ...change, sensitivity })}
                />
                <span>
                  <strong>{t(`alerts.rules.sensitivities.${sensitivity}`)}</strong>
                  <span className="option__hint">{t(`alerts.rules.sensitivityWords.${sensitivity}`)}</span>
                </span>
              </label>
            ))}
          </fieldset>
          <TextInput
            label={t("alerts.rules.floor")}
            hint={t("alerts.rules.floorHint")}
            error={wrong ? t("alerts.rules.floorWrong") : undefined}
            type="number"
            inputMode="numeric"
            min={1}
            max={FLOOR_MAX}
            value={floor}
            onChange={(event) => setFloor(event.target.value)}
          />
          {error !== null && <Notice kind="error">{errorWords(t, error)}</Notice>}
        </div>
        <footer className="modal__foot">
          <Button onClick={onClose}>{t("common.cancel")}</Button>
          <Button kind="primary" submit busy={busy} disabled={wrong}>
            {t("common.save")}
          </Button>
        </footer>
      </form>
    </Modal>
  );
}
