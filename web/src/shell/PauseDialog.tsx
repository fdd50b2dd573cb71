import { useQuery, useQueryClient } from "@tanstack/react-query";
import { OctagonPause } from "lucide-react";
import { type FormEvent, useId, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../api/client";
import { queries } from "../api/queries";
import type { PauseAcknowledged, Scope } from "../api/types";
import { localeOf } from "../i18n";
import { clockWithSeconds } from "../time/format";
import { Button } from "../ui/Button";
import { Choice, TextArea } from "../ui/Field";
import { Modal } from "../ui/Modal";
import { networkName } from "../ui/Network";
import { Notice } from "../ui/Notice";
import { errorWords } from "../words";
import { useMe } from "./me";
import { useScopeName } from "./scope";

const KINDS = ["agency", "department", "profile", "campaign"] as const;

type Props = { /** Words to begin with. */ why?: string; onClose: () => void };

export default function PauseDialog({ why = "", onClose }: Props) {
  const { t, i18n } = useTranslation();
  const me = useMe();
  const queryClient = useQueryClient();
  const profiles = useQuery(queries.profiles());
  const campaigns = useQuery(queries.campaigns());
  const scopeName = useScopeName();
  const name = useId();
  const [kind, setKind] = useState<Scope["kind"]>("agency");
  const [id, setId] = useState("");
  const [reason, setReason] = useState(why);
  const [missing, setMissing] = useState(false);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const [done, setDone] = useState<PauseAcknowledged | null>(null);
  const key = useRef(crypto.randomUUID());

  const choices: Record<Exclude<Scope["kind"], "agency">, { id: string; name: string }[]> = {
    department: me.departments,
    profile: (profiles.data ?? []).map((profile) => ({
      id: profile.id,
      name: `${profile.handle} · ${networkName(profile.network)}`,
    })),
    campaign: campaigns.data ?? [],
  };
  const chosen = kind === "agency" ? null : id || choices[kind][0]?.id || null;
  const scope: Scope = { kind, id: chosen };
  const nothingToChoose = kind !== "agency" && chosen === null;

  async function submit(event: FormEvent) {
    event.preventDefault();
    if (busy) return;
    if (reason.trim().length < 3) {
      setMissing(true);
      return;
    }
    setBusy(true);
    setError(null);
    try {
      const pause = await api.post<PauseAcknowledged>(
        "/pauses",
        { scope, reason: reason.trim() },
        { idempotencyKey: key.current },
      );
      setDone(pause);
      await queryClient.invalidateQueries({ queryKey: ["pauses"] });
      await queryClient.invalidateQueries({ queryKey: ["posts"] });
    } catch (problem) {
      setError(problem);
      key.current = crypto.randomUUID();
    } finally {
      setBusy(false);
    }
  }

  if (done) {
    return (
      <Modal title={t("pause.done")} onClose={onClose} alert>
        <div className="modal__body">
          <p className="pause-done__fact">
            {t("pause.acknowledged", {
              time: clockWithSeconds(done.acknowledged_at, me.agency.zone, localeOf(i18n.language)),
              scope: scopeName(done.scope),
            })}
          </p>
          <p>{t("pause.begunBefore", { count: done.calls_begun })}</p>
          <p className="muted">{t("pause.resumeLater")}</p>
        </div>
        <footer className="modal__foot">
          <Button kind="primary" onClick={onClose}>
            {t("common.understood")}
          </Button>
        </footer>
      </Modal>
    );
  }

  return (
    <Modal title={t("pause.title")} onClose={onClose}>
      <form onSubmit={submit} className="modal__form">
        <div className="modal__body">
          <fieldset className="options">
            <legend className="field__label">{t("pause.scope")}</legend>
            <div className="options__row">
              {KINDS.map((value) => (
                <label key={value} className="option">
                  <input
                    type="radio"
                    name={name}
                    checked={kind === value}
                    onChange={() => {
                      setKind(value);
                      setId("");
                    }}
                  />
                  <span>{t(`pause.kinds.${value}`)}</span>
                </label>
              ))}
            </div>
          </fieldset>
          {kind !== "agency" && (
            <Choice
              label={t(`pause.which.${kind}`)}
              value={chosen ?? ""}
              onChange={(event) => setId(event.target.value)}
            >
              {choices[kind].map((choice) => (
                <option key={choice.id} value={choice.id}>
                  {choice.name}
                </option>
              ))}
            </Choice>
          )}
          <TextArea
            label={t("pause.reason")}
            hint={t("pause.reasonHint")}
            error={missing && reason.trim().length < 3 ? t("pause.reasonMissing") : undefined}
            value={reason}
            maxLength={500}
            rows={2}
            onChange={(event) => setReason(event.target.value)}
          />
          <div className="consequences">
            <p className="consequences__title">{t("pause.whatHappens")}</p>
            <ul>
              <li>{t("pause.effectStop", { scope: scopeName(scope) })}</li>
              <li>{t("pause.effectBegun")}</li>
              <li>{t("pause.effectHeld")}</li>
              <li>{t("pause.effectSeen")}</li>
            </ul>
          </div>
          {error !== null && <Notice kind="error">{errorWords(t, error)}</Notice>}
        </div>
        <footer className="modal__foot">
          <Button onClick={onClose}>{t("common.cancel")}</Button>
          <Button
            kind="danger"
            submit
            busy={busy}
            disabled={nothingToChoose}
            icon={<OctagonPause size={18} aria-hidden="true" />}
          >
            {busy ? t("pause.pausing") : t("pause.confirm")}
          </Button>
        </footer>
      </form>
    </Modal>
  );
}
