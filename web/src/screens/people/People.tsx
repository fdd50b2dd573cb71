import "../../styles/alerts.css";
import "../../styles/people.css";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Mail, ShieldCheck, ShieldOff, UserPlus } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { may } from "../../api/access";
import { api } from "../../api/client";
import { queries } from "../../api/queries";
import type { Invitation, Me, Person, Policy } from "../../api/types";
import { localeOf } from "../../i18n";
import { useMe } from "../../shell/me";
import { dateAndTime } from "../../time/format";
import { Button } from "../../ui/Button";
import { Confirm } from "../../ui/Confirm";
import { Loaded } from "../../ui/Loaded";
import { Notice } from "../../ui/Notice";
import { Page } from "../../ui/Page";
import { say } from "../../ui/Toasts";
import { errorWords } from "../../words";
import { Holidays } from "./Holidays";
import { InviteDialog } from "./InviteDialog";
import { RolesDialog } from "./RolesDialog";

type Question = "endSessions" | "resetFactor" | "deactivate";

/** Whoever comes in as somebody comes in with all their roles: only who administers all of those has a say over them. */
const over = (me: Me, person: Person) => person.roles.every((held) => may(me, "administer", held.department));

function RolesHeld({ roles }: { roles: Person["roles"] }) {
  const { t } = useTranslation();
  const me = useMe();
  const places = me.departments
    .map((department) => ({ department, held: roles.filter((role) => role.department === department.id) }))
    .filter(({ held }) => held.length > 0);
  if (places.length === 0) return <p className="muted">{t("people.noRoles")}</p>;
  const said = places.map(({ department, held }) => ({
    department,
    words: held.map(({ role }) => t(`notifications.roles.${role}`)).join(", "),
  }));
  const words = said[0]?.words;
  // The same everywhere is said once.
  if (words && said.length === me.departments.length && said.every((each) => each.words === words)) {
    return <p className="person__roles">{words}</p>;
  }
  return (
    <ul className="person__roles">
      {said.map((each) => (
        <li key={each.department.id}>
          <span className="muted">{each.department.name}</span> {each.words}
        </li>
      ))}
    </ul>
  );
}

function Row({ person, onRoles, onAsk }: { person: Person; onRoles: () => void; onAsk: (what: Question) => void }) {
  const { t } = useTranslation();
  const me = useMe();
  const queryClient = useQueryClient();
  const [busy, setBusy] = useState(false);
  const own = person.id === me.id;
  const gone = person.deactivated_at !== null;

  async function reactivate() {
    if (busy) return;
    setBusy(true);
    try {
      await api.post(`/people/${person.id}/reactivation`);
      say(t("people.reactivated", { name: person.name }));
    } catch (error) {
      say(errorWords(t, error), "error");
    } finally {
      setBusy(false);
      await queryClient.invalidateQueries({ queryKey: queries.people().queryKey });
    }
  }

  return (
    <li className={`person${gone ? " person--gone" : ""}`}>
      <div className="person__words">
        <p className="person__name">
          <strong>{person.name}</strong>
          {own && <span className="tag">{t("people.you")}</span>}
          {gone && <span className="tag">{t("people.deactivated")}</span>}
        </p>
        <p className="person__mail">{person.email}</p>
        <p className={`person__factor${person.second_factor ? " person__factor--on" : ""}`}>
          {person.second_factor ? (
            <ShieldCheck size={15} aria-hidden="true" />
          ) : (
            <ShieldOff size={15} aria-hidden="true" />
          )}
          {person.second_factor ? t("people.factorOn") : t("people.factorOff")}
        </p>
      </div>
      <RolesHeld roles={person.roles} />
      <fieldset className="person__acts">
        <legend className="visually-hidden">{t("people.actions", { name: person.name })}</legend>
        {!gone && (
          <Button small onClick={onRoles}>
            {t("people.editRoles")}
          </Button>
        )}
        {over(me, person) && !own && gone && (
          <Button small busy={busy} onClick={() => void reactivate()}>
            {t("people.reactivate")}
          </Button>
        )}
        {over(me, person) && !own && !gone && (
          <>
            <Button small onClick={() => onAsk("endSessions")}>
              {t("people.endSessions")}
            </Button>
            {person.second_factor && (
              <Button small onClick={() => onAsk("resetFactor")}>
                {t("people.resetFactor")}
              </Button>
            )}
            <Button small kind="danger-quiet" onClick={() => onAsk("deactivate")}>
              {t("people.deactivate")}
            </Button>
          </>
        )}
      </fieldset>
    </li>
  );
}

function Ask({ what, person, onClose }: { what: Question; person: Person; onClose: () => void }) {
  const { t } = useTranslation();
  const queryClient = useQueryClient();
  const path = `/people/${person.id}`;
  const acts: Record<Question, { act: () => Promise<unknown>; done: string }> = {
    endSessions: { act: () => api.delete(`${path}/sessions`), done: t("people.sessionsEnded") },
    resetFactor: { act: () => api.delete(`${path}/second-factor`), done: t("people.factorReset") },
    deactivate: {
      act: () => api.post(`${path}/deactivation`),
      done: t("people.deactivatedToast", { name: person.name }),
    },
  };
  return (
    <Confirm
      danger
      title={t(`people.${what}Title`, { name: person.name })}
      action={t(`people.${what}`)}
      onClose={onClose}
      onConfirm={async () => {
        await acts[what].act();
        say(acts[what].done);
        await queryClient.invalidateQueries({ queryKey: queries.people().queryKey });
      }}
    >
      <p>{t(`people.${what}Words`)}</p>
    </Confirm>
  );
}

function Invitations() {
  const { t, i18n } = useTranslation();
  const me = useMe();
  const queryClient = useQueryClient();
  const invitations = useQuery(queries.invitations());
  const [sending, setSending] = useState<string | null>(null);
  const [withdrawing, setWithdrawing] = useState<Invitation | null>(null);
  const look = () => queryClient.invalidateQueries({ queryKey: queries.invitations().queryKey });

  async function send(invitation: Invitation) {
    if (sending) return;
    setSending(invitation.id);
    try {
      await api.post(`/invitations/${invitation.id}/sending`);
      say(t("people.sent", { email: invitation.email }));
    } catch (error) {
      say(errorWords(t, error), "error");
    } finally {
      setSending(null);
      await look();
    }
  }

  if (!invitations.isError && !invitations.data?.length) return null;
  return (
    <section className="people-section" aria-labelledby="invitations-title">
      <h2 id="invitations-title">{t("people.pending")}</h2>
      <Loaded query={invitations} rows={1}>
        {(found: Invitation[]) => (
          <ul className="people-list">
            {found.map((invitation) => (
              <li key={invitation.id} className="person">
                <div className="person__words">
                  <p className="person__name">
                    <Mail size={16} aria-hidden="true" />
                    <strong>{invitation.email}</strong>
                    {invitation.expired && <span className="tag">{t("people.expired")}</span>}
                  </p>
                  <p className="person__mail">
                    {t("people.pendingUntil", {
                      by: invitation.by,
                      time: dateAndTime(invitation.until, me.agency.zone, localeOf(i18n.language)),
                    })}
                  </p>
                </div>
                <RolesHeld roles={invitation.roles} />
                <div className="person__acts">
                  <Button
                    small
                    busy={sending === invitation.id}
                    aria-label={t("people.sendAgainNamed", { email: invitation.email })}
                    onClick={() => void send(invitation)}
                  >
                    {t("people.sendAgain")}
                  </Button>
                  <Button
                    small
                    kind="danger-quiet"
                    aria-label={t("people.withdrawNamed", { email: invitation.email })}
                    onClick={() => setWithdrawing(invitation)}
                  >
                    {t("people.withdraw")}
                  </Button>
                </div>
              </li>
            ))}
          </ul>
        )}
      </Loaded>
      {withdrawing && (
        <Confirm
          danger
          title={t("people.withdrawTitle", { email: withdrawing.email })}
          action={t("people.withdraw")}
          onClose={() => setWithdrawing(null)}
          onConfirm={async () => {
            await api.delete(`/invitations/${withdrawing.id}`);
            say(t("people.withdrawn"));
            await look();
          }}
        >
          <p>{t("people.withdrawWords")}</p>
        </Confirm>
      )}
    </section>
  );
}

function PolicyChoice({ policy }: { policy: Policy }) {
  const { t } = useTranslation();
  const queryClient = useQueryClient();
  const { queryKey } = queries.policy();
  const [busy, setBusy] = useState(false);

  async function choose(second_factor: Policy["second_factor"]) {
    if (busy) return;
    setBusy(true);
    try {
      const path = "/policy";
      queryClient.setQueryData(queryKey, await api.put<Policy>(path, { second_factor }, undefined, policy.version));
      say(t("people.policySaved"));
    } catch (error) {
      say(errorWords(t, error), "error");
      await queryClient.invalidateQueries({ queryKey });
    } finally {
      setBusy(false);
    }
  }

  return (
    <section className="sheet way policy" aria-labelledby="policy-title">
      <ShieldCheck size={22} aria-hidden="true" />
      <div className="way__words">
        <fieldset className="options" disabled={busy}>
          <legend id="policy-title">{t("people.policy")}</legend>
          <div className="options__row">
            {(["administrators", "everyone"] as const).map((each) => (
              <label key={each} className="option">
                <input
                  type="radio"
                  name="policy"
                  checked={policy.second_factor === each}
                  onChange={() => void choose(each)}
                />
                {t(`people.${each}`)}
              </label>
            ))}
          </div>
        </fieldset>
        {!policy.waived && <p className="muted">{t("people.policyWords")}</p>}
        {policy.waived && policy.second_factor === "administrators" && (
          <Notice kind="warning">
            <p>{t("secondFactor.waived")}</p>
          </Notice>
        )}
      </div>
    </section>
  );
}

/** Who works at the agency: inviting, roles, leaving, and what is done when something is lost. */
export default function People() {
  const { t } = useTranslation();
  const people = useQuery({ ...queries.people(), staleTime: 0 });
  const policy = useQuery(queries.policy());
  const [inviting, setInviting] = useState(false);
  const [roles, setRoles] = useState<Person | null>(null);
  const [question, setQuestion] = useState<{ what: Question; person: Person } | null>(null);
  return (
    <Page
      title={t("people.title")}
      lead={t("people.lead")}
      actions={
        <Button kind="primary" icon={<UserPlus size={17} aria-hidden="true" />} onClick={() => setInviting(true)}>
          {t("people.invite")}
        </Button>
      }
    >
      <div className="people">
        <Invitations />
        <Loaded query={people}>
          {(found: Person[]) => (
            <ul className="people-list" aria-label={t("people.title")}>
              {[...found]
                .sort(
                  (a, b) =>
                    Number(a.deactivated_at !== null) - Number(b.deactivated_at !== null) ||
                    a.name.localeCompare(b.name),
                )
                .map((person) => (
                  <Row
                    key={person.id}
                    person={person}
                    onRoles={() => setRoles(person)}
                    onAsk={(what) => setQuestion({ what, person })}
                  />
                ))}
            </ul>
          )}
        </Loaded>
        <Loaded query={policy} rows={1}>
          {(found: Policy) => <PolicyChoice policy={found} />}
        </Loaded>
        <Holidays />
      </div>
      {inviting && <InviteDialog onClose={() => setInviting(false)} />}
      {roles && <RolesDialog person={roles} onClose={() => setRoles(null)} />}
      {question && <Ask {...question} onClose={() => setQuestion(null)} />}
    </Page>
  );
}
