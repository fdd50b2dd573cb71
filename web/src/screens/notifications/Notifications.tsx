import "../../styles/alerts.css";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Mail, Plus, Smartphone } from "lucide-react";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { ApiError, api } from "../../api/client";
import { queries } from "../../api/queries";
import type { Device, Notifications as Settings } from "../../api/types";
import { localeOf } from "../../i18n";
import { useMe } from "../../shell/me";
import { dateAndTime } from "../../time/format";
import { Button } from "../../ui/Button";
import { Confirm } from "../../ui/Confirm";
import { TextInput } from "../../ui/Field";
import { Loaded } from "../../ui/Loaded";
import { Modal } from "../../ui/Modal";
import { Notice } from "../../ui/Notice";
import { Page } from "../../ui/Page";
import { say } from "../../ui/Toasts";
import { codeWords, errorWords } from "../../words";
import { deviceName, NoPush, rememberDevice, thisDevice, tokenHere } from "./device";

const NAME_MAX = 80;

function AddDevice({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const queryClient = useQueryClient();
  const [name, setName] = useState(() => deviceName(navigator.userAgent));
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);

  async function submit(event: FormEvent) {
    event.preventDefault();
    if (busy || !name.trim()) return;
    setBusy(true);
    setError(null);
    try {
      const token = await tokenHere();
      // The token is the device: the same one again is not another device.
      const device = await api.post<Device>(
        "/me/devices",
        { name: name.trim(), token },
        { idempotencyKey: crypto.randomUUID() },
      );
      rememberDevice(device.id);
      say(t("notifications.deviceAdded"));
      onClose();
      await queryClient.invalidateQueries({ queryKey: queries.notifications().queryKey });
    } catch (problem) {
      setError(problem);
      setBusy(false);
    }
  }

  return (
    <Modal title={t("notifications.thisDevice")} onClose={onClose}>
      <form onSubmit={submit} className="modal__form">
        <div className="modal__body">
          <TextInput
            label={t("notifications.deviceName")}
            hint={t("notifications.deviceHint")}
            value={name}
            maxLength={NAME_MAX}
            required
            onChange={(event) => setName(event.target.value)}
          />
          {error instanceof NoPush ? (
            <Notice kind="warning" title={t("notifications.noPush")}>
              <p>{t("notifications.noPushWords")}</p>
            </Notice>
          ) : (
            error !== null && (
              <Notice kind="error">
                {error instanceof ApiError
                  ? errorWords(t, error)
                  : codeWords(t, error instanceof Error ? error.message : "internal_error")}
              </Notice>
            )
          )}
        </div>
        <footer className="modal__foot">
          <Button onClick={onClose}>{t("common.cancel")}</Button>
          <Button kind="primary" submit busy={busy} disabled={!name.trim()}>
            {t("notifications.add")}
          </Button>
        </footer>
      </form>
    </Modal>
  );
}

function Ways({ settings }: { settings: Settings }) {
  const { t, i18n } = useTranslation();
  const locale = localeOf(i18n.language);
  const me = useMe();
  const queryClient = useQueryClient();
  const { queryKey } = queries.notifications();
  const [busy, setBusy] = useState<"email" | "push" | null>(null);
  const [adding, setAdding] = useState(false);
  const [removing, setRemoving] = useState<Device | null>(null);

  async function choose(what: "email" | "push", on: boolean) {
    if (busy) return;
    setBusy(what);
    try {
      const email = what === "email" ? on : settings.email;
      const push = what === "push" ? on : settings.push;
      queryClient.setQueryData(queryKey, await api.put<Settings>("/me/notifications", { email, push }));
      say(t("notifications.saved"));
    } catch (error) {
      say(errorWords(t, error), "error");
    } finally {
      setBusy(null);
    }
  }

  return (
    <>
      {!settings.email && !(settings.push && settings.devices.length > 0) && (
        <Notice kind="warning" title={t("notifications.silent")}>
          <p>{t("notifications.silentWords")}</p>
        </Notice>
      )}
      <section className="sheet way" aria-labelledby="email-title">
        <Mail size={22} aria-hidden="true" />
        <div className="way__words">
          <h2 id="email-title">{t("notifications.email")}</h2>
          <p className="muted">{t("notifications.emailWords", { email: me.email })}</p>
          {settings.email && settings.email_state === "to_confirm" && (
            <Notice kind="warning" title={t("notifications.toConfirm")}>
              <p>{t("notifications.toConfirmWords", { email: me.email })}</p>
            </Notice>
          )}
          {settings.email && settings.email_state === "on" && <p className="way__on">{t("notifications.emailOn")}</p>}
        </div>
        <label className="check">
          <input
            type="checkbox"
            checked={settings.email}
            disabled={busy !== null}
            aria-labelledby="email-title"
            onChange={(event) => choose("email", event.target.checked)}
          />
          <span aria-hidden="true">{settings.email ? t("notifications.on") : t("notifications.off")}</span>
        </label>
      </section>
      <section className="sheet way" aria-labelledby="push-title">
        <Smartphone size={22} aria-hidden="true" />
        <div className="way__words">
          <h2 id="push-title">{t("notifications.push")}</h2>
          <p className="muted">
            {settings.push_available ? t("notifications.pushWords") : t("notifications.noPushWords")}
          </p>
          {settings.push && settings.push_available && settings.devices.length === 0 && (
            <Notice kind="warning">
              <p>{t("notifications.noDevices")}</p>
            </Notice>
          )}
          {settings.devices.length > 0 && (
            <ul className="devices" aria-label={t("notifications.devices")}>
              {settings.devices.map((device) => (
                <li key={device.id} className="device">
                  <span className="device__words">
                    <strong>{device.name}</strong>
                    {device.id === thisDevice() && <span className="tag">{t("notifications.thisDevice")}</span>}
                    <span className="muted">
                      {t("notifications.addedAt", { time: dateAndTime(device.added_at, me.agency.zone, locale) })}
                    </span>
                  </span>
                  <Button
                    small
                    kind="danger-quiet"
                    aria-label={t("notifications.removeNamed", { name: device.name })}
                    onClick={() => setRemoving(device)}
                  >
                    {t("notifications.remove")}
                  </Button>
                </li>
              ))}
            </ul>
          )}
          {settings.push_available && (
            <Button
              small
              icon={<Plus size={15} aria-hidden="true" />}
              className="way__add"
              onClick={() => setAdding(true)}
            >
              {t("notifications.addThis")}
            </Button>
          )}
        </div>
        <label className="check">
          <input
            type="checkbox"
            checked={settings.push}
            disabled={busy !== null || (!settings.push_available && !settings.push)}
            aria-labelledby="push-title"
            onChange={(event) => choose("push", event.target.checked)}
          />
          <span aria-hidden="true">{settings.push ? t("notifications.on") : t("notifications.off")}</span>
        </label>
      </section>
      {adding && <AddDevice onClose={() => setAdding(false)} />}
      {removing && (
        <Confirm
          danger
          title={t("notifications.removeTitle", { name: removing.name })}
          action={t("notifications.remove")}
          onClose={() => setRemoving(null)}
          onConfirm={async () => {
            await api.delete(`/me/devices/${removing.id}`);
            if (thisDevice() === removing.id) rememberDevice(null);
            say(t("notifications.removed"));
            await queryClient.invalidateQueries({ queryKey });
          }}
        >
          <p>{t("notifications.removeWords")}</p>
        </Confirm>
      )}
    </>
  );
}

/** How the person who is signed in is told of alerts. */
export default function Notifications() {
  const { t } = useTranslation();
  const me = useMe();
  const settings = useQuery(queries.notifications());
  return (
    <Page title={t("notifications.title")} lead={t("notifications.lead")}>
      <div className="ways">
        <Loaded query={settings} rows={3}>
          {(found: Settings) => <Ways settings={found} />}
        </Loaded>
        <section className="held-roles" aria-labelledby="roles-title">
          <h2 id="roles-title">{t("notifications.yourRoles")}</h2>
          <ul>
            {me.departments
              .map((department) => ({
                department,
                held: me.roles.filter((role) => role.department === department.id),
              }))
              .filter(({ held }) => held.length > 0)
              .map(({ department, held }) => (
                <li key={department.id}>
                  <strong>{department.name}</strong>{" "}
                  {held.map(({ role }) => t(`notifications.roles.${role}`)).join(", ")}
                </li>
              ))}
          </ul>
        </section>
      </div>
    </Page>
  );
}
