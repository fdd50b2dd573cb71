import "../../styles/profiles.css";
import { useQueryClient } from "@tanstack/react-query";
import { CircleCheck } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useLocation } from "wouter";
import { api } from "../../api/client";
import type { Connection, Profile } from "../../api/types";
import { Button } from "../../ui/Button";
import { Avatar } from "../../ui/Network";
import { Notice } from "../../ui/Notice";
import { Page } from "../../ui/Page";
import { errorWords } from "../../words";

/** The accounts that a person manages on a network: any number of them may be connected, one after the other. */
export function ChooseAccounts({ connection }: { connection: Connection }) {
  const { t } = useTranslation();
  const [, navigate] = useLocation();
  const queryClient = useQueryClient();
  const [connected, setConnected] = useState<ReadonlySet<string>>(new Set());
  const [busy, setBusy] = useState<string | null>(null);
  const [error, setError] = useState<unknown>(null);

  async function connect(remoteId: string) {
    setBusy(remoteId);
    setError(null);
    try {
      await api.post<Profile>(
        `/connections/${connection.id}/choice`,
        { remote_id: remoteId },
        { idempotencyKey: crypto.randomUUID(), timeoutMs: 29_000 },
      );
      setConnected((before) => new Set([...before, remoteId]));
      await queryClient.invalidateQueries({ queryKey: ["profiles"] });
    } catch (problem) {
      setError(problem);
    }
    setBusy(null);
  }

  return (
    <Page title={t("profiles.chooseTitle")} lead={t("profiles.chooseLead")}>
      <ul className="profiles__list">
        {connection.choices.map((account) => (
          <li key={account.remote_id} className="profile">
            <Avatar name={account.display_name || account.handle} size={44} />
            <div className="profile__words">
              <p className="profile__name">{account.display_name || account.handle}</p>
              <p className="profile__meta">{account.handle}</p>
            </div>
            <div className="profile__acts">
              {connected.has(account.remote_id) ? (
                <p className="profile__status profile__status--connected" role="status">
                  <CircleCheck size={15} aria-hidden="true" />
                  {t("profiles.chosen")}
                </p>
              ) : (
                <Button
                  small
                  kind="primary"
                  busy={busy === account.remote_id}
                  disabled={busy !== null}
                  aria-label={t("profiles.chooseNamed", { name: account.display_name || account.handle })}
                  onClick={() => connect(account.remote_id)}
                >
                  {t("profiles.connect")}
                </Button>
              )}
            </div>
          </li>
        ))}
      </ul>
      {error !== null && <Notice kind="error">{errorWords(t, error)}</Notice>}
      <p>
        <Button
          kind={connected.size > 0 ? "primary" : "plain"}
          onClick={() => navigate("/profiles", { replace: true })}
        >
          {connected.size > 0 ? t("profiles.chooseDone") : t("profiles.backToProfiles")}
        </Button>
      </p>
    </Page>
  );
}
