import "../../styles/alerts.css";
import "../../styles/people.css";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { KeyRound, LaptopMinimal, ShieldCheck } from "lucide-react";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { may } from "../../api/access";
import { api } from "../../api/client";
import { queries } from "../../api/queries";
import type { Me, RecoveryCodes, SecondFactor, SessionShown } from "../../api/types";
import { Codes } from "../../door/Codes";
import { Enrolment } from "../../door/Enrolment";
import { NewPassword, SHORTEST } from "../../door/NewPassword";
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
import { errorWords } from "../../words";
import { deviceName } from "../notifications/device";
import { FeedKeys } from "./FeedKeys";

function Password() {
  const { t } = useTranslation();
  const me = useMe();
  const queryClient = useQueryClient();
  const [old, setOld] = useState("");
  const [password, setPassword] = useState("");
  const [tried, setTried] = useState(false);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);

  async function submit(event: FormEvent) {
    event.preventDefault();
    setTried(true);
    if (busy || !old || password.length < SHORTEST) return;
    setBusy(true);
    setError(null);
    try {
      await api.post("/me/password", { old, password });
      setOld("");
      setPassword("");
      setTried(false);
      say(t("password.changed"));
      await queryClient.invalidateQueries({ queryKey: queries.sessions().queryKey });
    } catch (problem) {
      setError(problem);
    } finally {
      setBusy(false);
    }
  }

  return (
    <section className="sheet way" aria-labelledby="password-title">
      <KeyRound size={22} aria-hidden="true" />
      <div className="way__words">
        <h2 id="password-title">{t("password.title")}</h2>
        <p className="muted">{t("password.lead")}</p>
        <form onSubmit={submit} className="own-form">
          {error !== null && <Notice kind="error">{errorWords(t, error)}</Notice>}
          <input type="text" autoComplete="username" value={me.email} readOnly hidden />
          <TextInput
            label={t("password.current")}
            type="password"
            autoComplete="current-password"
            required
            value={old}
            onChange={(event) => setOld(event.target.value)}
          />
          <NewPassword value={password} onChange={setPassword} tried={tried} />
          <Button submit busy={busy}>
            {t("password.change")}
          </Button>
        </form>
      </div>
    </section>
  );
}

type Proof = {
  title: string;
  words: string;
  action: string;
  danger?: boolean;
  onProven: (password: string) => Promise<unknown>;
  onClose: () => void;
};

/** An act that asks for the password first. */
function Prove({ title, words, action, danger, onProven, onClose }: Proof) {
  const { t } = useTranslation();
  const [password, setPassword] = useState("");
  return (
    <Confirm
      title={title}
      action={action}
      danger={danger ?? false}
      ready={password !== ""}
      onClose={onClose}
      onConfirm={() => onProven(password)}
    >
      <p>{words}</p>
      <TextInput
        label={t("password.current")}
        type="password"
        autoComplete="current-password"
        value={password}
        onChange={(event) => setPassword(event.target.value)}
      />
    </Confirm>
  );
}

function Authenticator({ found, onMe }: { found: SecondFactor; onMe: (me: Me) => void }) {
  const { t, i18n } = useTranslation();
  const me = useMe();
  const queryClient = useQueryClient();
  const [open, setOpen] = useState<"enrol" | "remove" | "renew" | null>(null);
  const [codes, setCodes] = useState<string[] | null>(null);
  const on = found.enrolled_at !== null;

  async function changed() {
    await queryClient.invalidateQueries({ queryKey: queries.secondFactor().queryKey });
    await queryClient.invalidateQueries({ queryKey: queries.sessions().queryKey });
    onMe(await api.get<Me>("/me"));
  }

  const close = () => setOpen(null);

  return (
    <section className="sheet way" aria-labelledby="factor-title">
      <ShieldCheck size={22} aria-hidden="true" />
      <div className="way__words">
        <h2 id="factor-title">{t("secondFactor.title")}</h2>
        <p className="muted">{t("secondFactor.lead")}</p>
        {found.enrolled_at ? (
          <p className="way__on">
            {t("secondFactor.on", { time: dateAndTime(found.enrolled_at, me.agency.zone, localeOf(i18n.language)) })}
          </p>
        ) : (
          <Notice kind="warning" title={t("secondFactor.off")}>
            <p>{t("secondFactor.offWords")}</p>
          </Notice>
        )}
        {me.second_factor.waived && !on && may(me, "administer") && (
          <Notice>
            <p>{t("secondFactor.waived")}</p>
          </Notice>
        )}
        {found.required && <p className="muted">{t("secondFactor.required")}</p>}
        {on && (
          <p>
            {t("recovery.title")}
            {" · "}
            {t("recovery.left", { count: found.recovery_codes })}
          </p>
        )}
        <div className="own-acts">
          <Button kind={on ? "plain" : "primary"} small onClick={() => setOpen("enrol")}>
            {on ? t("secondFactor.replace") : t("secondFactor.begin")}
          </Button>
          {on && (
            <Button small onClick={() => setOpen("renew")}>
              {t("recovery.renew")}
            </Button>
          )}
          {on && !found.required && (
            <Button small kind="danger-quiet" onClick={() => setOpen("remove")}>
              {t("secondFactor.remove")}
            </Button>
          )}
        </div>
      </div>
      {open === "enrol" && (
        <Modal title={t("secondFactor.title")} onClose={close} alert>
          <div className="modal__body">
            <Enrolment
              again={on}
              onCodes={(made) => {
                setCodes(made);
                close();
                say(t("secondFactor.enabled"));
                void changed();
              }}
            />
          </div>
        </Modal>
      )}
      {codes && (
        <Modal title={t("recovery.title")} onClose={() => setCodes(null)} alert>
          <div className="modal__body">
            <Codes codes={codes} action={t("recovery.goOn")} onDone={() => setCodes(null)} />
          </div>
        </Modal>
      )}
      {open === "renew" && (
        <Prove
          title={t("recovery.renewTitle")}
          words={t("recovery.renewWords")}
          action={t("recovery.renew")}
          onClose={close}
          onProven={async (password) => {
            const made = await api.post<RecoveryCodes>("/me/second-factor/recovery-codes", { password });
            setCodes(made.codes);
            void changed();
          }}
        />
      )}
      {open === "remove" && (
        <Prove
          danger
          title={t("secondFactor.removeTitle")}
          words={t("secondFactor.removeWords")}
          action={t("secondFactor.remove")}
          onClose={close}
          onProven={async (password) => {
            await api.post("/me/second-factor/removal", { password });
            say(t("secondFactor.removed"));
            await changed();
          }}
        />
      )}
    </section>
  );
}

function Sessions() {
  const { t, i18n } = useTranslation();
  const me = useMe();
  const locale = localeOf(i18n.language);
  const queryClient = useQueryClient();
  const sessions = useQuery(queries.sessions());
  const [ending, setEnding] = useState<string | null>(null);
  const [all, setAll] = useState(false);
  const look = () => queryClient.invalidateQueries({ queryKey: queries.sessions().queryKey });
  const named = (session: SessionShown) => deviceName(session.agent) || t("security.unknownAgent");
  const time = (moment: string) => dateAndTime(moment, me.agency.zone, locale);

  async function end(session: SessionShown) {
    if (ending) return;
    setEnding(session.id);
    try {
      await api.delete(`/me/sessions/${session.id}`);
      say(t("security.ended"));
    } catch (error) {
      say(errorWords(t, error), "error");
    } finally {
      setEnding(null);
      await look();
    }
  }

  return (
    <section className="sheet way" aria-labelledby="sessions-title">
      <LaptopMinimal size={22} aria-hidden="true" />
      <div className="way__words">
        <h2 id="sessions-title">{t("security.sessions")}</h2>
        <p className="muted">{t("security.sessionsLead")}</p>
        <Loaded query={sessions} rows={2}>
          {(found: SessionShown[]) => (
            <>
              <ul className="devices" aria-labelledby="sessions-title">
                {found.map((session) => (
                  <li key={session.id} className="device">
                    <span className="device__words" title={session.agent}>
                      <strong>{named(session)}</strong>
                      {session.current && <span className="tag">{t("security.thisOne")}</span>}
                      <span className="muted">
                        {t("security.since", { time: time(session.begun_at) })}
                        {", "}
                        {t("security.seen", { time: time(session.seen_at) })}
                      </span>
                    </span>
                    {!session.current && (
                      <Button
                        small
                        kind="danger-quiet"
                        busy={ending === session.id}
                        aria-label={t("security.endNamed", { name: named(session) })}
                        onClick={() => void end(session)}
                      >
                        {t("security.end")}
                      </Button>
                    )}
                  </li>
                ))}
              </ul>
              {found.length > 1 && (
                <Button small onClick={() => setAll(true)}>
                  {t("security.endOthers")}
                </Button>
              )}
            </>
          )}
        </Loaded>
      </div>
      {all && (
        <Confirm
          danger
          title={t("security.endOthersTitle")}
          action={t("security.endOthers")}
          onClose={() => setAll(false)}
          onConfirm={async () => {
            await api.delete("/me/sessions");
            say(t("security.othersEnded"));
            await look();
          }}
        >
          <p>{t("security.endOthersWords")}</p>
        </Confirm>
      )}
    </section>
  );
}

/** One's own account: password, second factor, sessions, the calendar elsewhere. */
export default function Security({ onMe }: { onMe: (me: Me) => void }) {
  const { t } = useTranslation();
  const factor = useQuery(queries.secondFactor());
  return (
    <Page title={t("security.title")} lead={t("security.lead")}>
      <div className="ways">
        <Loaded query={factor} rows={2}>
          {(found: SecondFactor) => <Authenticator found={found} onMe={onMe} />}
        </Loaded>
        <Password />
        <Sessions />
        <FeedKeys />
      </div>
    </Page>
  );
}
