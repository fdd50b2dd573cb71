import { useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useId, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { may } from "../../api/access";
import { api } from "../../api/client";
import { queries } from "../../api/queries";
import type { Connection, NetworkCapabilities, Profile } from "../../api/types";
import { useMe } from "../../shell/me";
import { Button } from "../../ui/Button";
import { Choice, TextInput } from "../../ui/Field";
import { Loaded } from "../../ui/Loaded";
import { Modal } from "../../ui/Modal";
import { calledBy, NetworkMark, networkName } from "../../ui/Network";
import { Notice } from "../../ui/Notice";
import { Terms } from "../../ui/Terms";
import { say } from "../../ui/Toasts";
import { errorWords } from "../../words";
import { depart } from "./round-trip";

const BLUESKY_SERVER = "https://bsky.social";

type Props = {
  /** The profile to mend; null to connect a new one. */
  mends: Profile | null;
  onClose: () => void;
};

export function ConnectDialog({ mends, onClose }: Props) {
  const { t } = useTranslation();
  const networks = useQuery(queries.networks());
  return (
    <Modal
      title={mends ? t("profiles.mendTitle", { handle: calledBy(mends) }) : t("profiles.connectTitle")}
      onClose={onClose}
    >
      <Loaded query={networks} rows={3}>
        {(found: NetworkCapabilities[]) => <ConnectForm networks={found} mends={mends} onClose={onClose} />}
      </Loaded>
    </Modal>
  );
}

const withScheme = (server: string) =>
  (/^https?:\/\//i.test(server.trim()) ? server.trim() : `https://${server.trim()}`).replace(/\/+$/, "");

function ConnectForm({ networks, mends, onClose }: Props & { networks: NetworkCapabilities[] }) {
  const { t } = useTranslation();
  const me = useMe();
  const queryClient = useQueryClient();
  const name = useId();
  const key = useRef(crypto.randomUUID());
  const own = me.departments.filter((department) => may(me, "administer", department.id));
  const [network, setNetwork] = useState(mends?.network ?? networks[0]?.network ?? "");
  const [department, setDepartment] = useState(own[0]?.id ?? "");
  const [servers, setServers] = useState<Record<string, string>>({ bluesky: BLUESKY_SERVER });
  const [identifier, setIdentifier] = useState(mends?.handle.replace(/^@/, "") ?? "");
  const [password, setPassword] = useState("");
  const [address, setAddress] = useState("");
  const [byHand, setByHand] = useState(false);
  const [busy, setBusy] = useState(false);
  const [tried, setTried] = useState(false);
  const [error, setError] = useState<unknown>(null);

  const capabilities = networks.find((candidate) => candidate.network === network);
  const byToken = byHand && Boolean(capabilities?.takes_token);
  const byPassword = capabilities?.connect === "app_password" || byToken;
  const byAddress = capabilities?.connect === "address";
  const server = servers[network] ?? "";
  const needsServer = !mends && (capabilities?.needs_server || (byPassword && !byToken));
  const missing = (value: string) => (tried && value.trim() === "" ? t("profiles.missing") : undefined);

  async function submit(event: FormEvent) {
    event.preventDefault();
    setTried(true);
    if (busy || (needsServer && !server.trim()) || (byPassword && (!identifier.trim() || !password))) return;
    if (byAddress && !mends && !address.trim()) return;
    setBusy(true);
    setError(null);
    const secrets = byPassword
      ? { identifier: identifier.trim().replace(/^@/, ""), app_password: password.trim() }
      : byAddress && !mends
        ? { address: address.trim() }
        : {};
    try {
      const connection = mends
        ? await api.post<Connection>(`/profiles/${mends.id}/reconnect`, secrets, {
            idempotencyKey: key.current,
            timeoutMs: 29_000,
          })
        : await api.post<Connection>(
            "/connections",
            { network, department, server: needsServer ? withScheme(server) : "", ...secrets },
            { idempotencyKey: key.current, timeoutMs: 29_000 },
          );
      if (connection.authorize_url && connection.id) {
        depart(connection.id, connection.authorize_url, mends?.id ?? null);
        return;
      }
      await queryClient.invalidateQueries({ queryKey: ["profiles"] });
      const handle = connection.profile ? calledBy(connection.profile) : identifier;
      say(mends ? t("profiles.mended", { handle }) : t("profiles.connected", { handle }));
      onClose();
    } catch (problem) {
      setError(problem);
      setBusy(false);
      key.current = crypto.randomUUID();
    }
  }

  return (
    <form onSubmit={submit} className="modal__form" noValidate>
      <div className="modal__body">
        {mends && <p>{byAddress ? t("profiles.mendFeed") : t("profiles.mendWords")}</p>}
        {!mends && (
          <fieldset className="options">
            <legend className="field__label">{t("filters.network")}</legend>
            <div className="options__row">
              {networks.map((candidate) => (
                <label key={candidate.network} className="option option--network">
                  <input
                    type="radio"
                    name={name}
                    checked={network === candidate.network}
                    onChange={() => setNetwork(candidate.network)}
                  />
                  <NetworkMark network={candidate.network} size={18} label={false} />
                  <span>{candidate.name}</span>
                </label>
              ))}
            </div>
          </fieldset>
        )}
        {!mends && own.length > 1 && (
          <Choice
            label={t("compose.department")}
            value={department}
            onChange={(event) => setDepartment(event.target.value)}
          >
            {own.map((candidate) => (
              <option key={candidate.id} value={candidate.id}>
                {candidate.name}
              </option>
            ))}
          </Choice>
        )}
        {needsServer && (
          <TextInput
            label={t("profiles.server")}
            hint={byPassword ? t("profiles.serverHintBluesky") : t("profiles.serverHint")}
            error={missing(server)}
            inputMode="url"
            autoCapitalize="none"
            autoComplete="off"
            spellCheck={false}
            value={server}
            onChange={(event) => setServers({ ...servers, [network]: event.target.value })}
          />
        )}
        {byPassword ? (
          <>
            <TextInput
              label={byToken ? t("profiles.page") : t("profiles.handle")}
              hint={byToken ? t("profiles.pageHint") : t("profiles.handleHint")}
              error={missing(identifier)}
              autoCapitalize="none"
              autoComplete="off"
              spellCheck={false}
              value={identifier}
              onChange={(event) => setIdentifier(event.target.value)}
            />
            <TextInput
              label={byToken ? t("profiles.pageToken") : t("profiles.appPassword")}
              hint={byToken ? t("profiles.pageTokenHint") : t("profiles.appPasswordHint")}
              error={missing(password)}
              type="password"
              autoComplete="off"
              value={password}
              onChange={(event) => setPassword(event.target.value)}
            />
          </>
        ) : byAddress ? (
          !mends && (
            <TextInput
              label={t("profiles.address")}
              hint={t("profiles.addressHint")}
              error={missing(address)}
              inputMode="url"
              autoCapitalize="none"
              autoComplete="off"
              spellCheck={false}
              maxLength={2048}
              value={address}
              onChange={(event) => setAddress(event.target.value)}
            />
          )
        ) : (
          <p className="muted">{t("profiles.oauthWords", { network: networkName(network) })}</p>
        )}
        {capabilities?.takes_token && (
          <button type="button" className="text-button" onClick={() => setByHand(!byHand)}>
            {byHand ? t("profiles.bySignIn") : t("profiles.byToken")}
          </button>
        )}
        {error !== null && <Notice kind="error">{errorWords(t, error)}</Notice>}
        {capabilities && <Terms able={capabilities} />}
      </div>
      <footer className="modal__foot">
        <Button onClick={onClose}>{t("common.cancel")}</Button>
        <Button kind="primary" submit busy={busy}>
          {byPassword || byAddress
            ? mends
              ? t("profiles.mend")
              : t("profiles.connect")
            : t("profiles.continueTo", { network: networkName(network) })}
        </Button>
      </footer>
    </form>
  );
}
