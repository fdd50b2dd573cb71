import { useQuery, useQueryClient } from "@tanstack/react-query";
import { CalendarSync, Copy } from "lucide-react";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../../api/client";
import { queries } from "../../api/queries";
import type { FeedKey, FeedKeyMade } from "../../api/types";
import { localeOf } from "../../i18n";
import { useMe } from "../../shell/me";
import { dateAndTime } from "../../time/format";
import { Button } from "../../ui/Button";
import { Confirm } from "../../ui/Confirm";
import { TextInput } from "../../ui/Field";
import { Loaded } from "../../ui/Loaded";
import { Modal } from "../../ui/Modal";
import { Notice } from "../../ui/Notice";
import { say } from "../../ui/Toasts";
import { errorWords } from "../../words";

function Once({ made, onClose }: { made: FeedKeyMade; onClose: () => void }) {
  const { t } = useTranslation();
  const [copied, setCopied] = useState(false);
  return (
    <Modal title={made.name} onClose={onClose} alert>
      <div className="modal__body">
        <Notice kind="warning" title={t("feed.once")}>
          <p>{t("feed.onceWords")}</p>
        </Notice>
        <TextInput
          label={t("feed.address")}
          value={made.address}
          readOnly
          spellCheck={false}
          onFocus={(event) => event.target.select()}
        />
      </div>
      <footer className="modal__foot">
        <Button
          kind={copied ? "plain" : "primary"}
          icon={<Copy size={16} aria-hidden="true" />}
          onClick={() => void navigator.clipboard?.writeText(made.address).then(() => setCopied(true))}
        >
          {copied ? t("feed.copied") : t("feed.copy")}
        </Button>
        <Button kind={copied ? "primary" : "plain"} onClick={onClose}>
          {t("feed.done")}
        </Button>
      </footer>
    </Modal>
  );
}

/** Addresses by which calendar programs read one's own calendar. */
export function FeedKeys() {
  const { t, i18n } = useTranslation();
  const me = useMe();
  const queryClient = useQueryClient();
  const keys = useQuery(queries.feedKeys());
  const [name, setName] = useState("");
  const [tried, setTried] = useState(false);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const [made, setMade] = useState<FeedKeyMade | null>(null);
  const [revoking, setRevoking] = useState<FeedKey | null>(null);
  const time = (moment: string) => dateAndTime(moment, me.agency.zone, localeOf(i18n.language));
  const look = () => queryClient.invalidateQueries({ queryKey: queries.feedKeys().queryKey });

  async function make(event: FormEvent) {
    event.preventDefault();
    setTried(true);
    if (busy || name.trim() === "") return;
    setBusy(true);
    setError(null);
    try {
      setMade(await api.post<FeedKeyMade>("/me/feed-keys", { name: name.trim() }));
      setName("");
      setTried(false);
      await look();
    } catch (problem) {
      setError(problem);
    } finally {
      setBusy(false);
    }
  }

  return (
    <section className="sheet way" aria-labelledby="feed-title">
      <CalendarSync size={22} aria-hidden="true" />
      <div className="way__words">
        <h2 id="feed-title">{t("feed.title")}</h2>
        <p className="muted">{t("feed.lead")}</p>
        <Loaded query={keys} rows={1}>
          {(found: FeedKey[]) =>
            found.length > 0 && (
              <ul className="devices" aria-label={t("feed.list")}>
                {found.map((each) => (
                  <li key={each.id} className="device">
                    <span className="device__words">
                      <strong>{each.name}</strong>
                      <span className="muted">
                        {t("feed.made", { time: time(each.made_at) })}
                        {", "}
                        {each.used_at ? t("feed.used", { time: time(each.used_at) }) : t("feed.unused")}
                      </span>
                    </span>
                    <Button
                      small
                      kind="danger-quiet"
                      aria-label={t("feed.revokeNamed", { name: each.name })}
                      onClick={() => setRevoking(each)}
                    >
                      {t("feed.revoke")}
                    </Button>
                  </li>
                ))}
              </ul>
            )
          }
        </Loaded>
        <form onSubmit={make} className="own-form" noValidate>
          {error !== null && <Notice kind="error">{errorWords(t, error)}</Notice>}
          <TextInput
            label={t("feed.name")}
            value={name}
            maxLength={80}
            error={tried && name.trim() === "" ? t("feed.nameMissing") : undefined}
            onChange={(event) => setName(event.target.value)}
          />
          <Button submit busy={busy}>
            {t("feed.make")}
          </Button>
        </form>
      </div>
      {made && <Once made={made} onClose={() => setMade(null)} />}
      {revoking && (
        <Confirm
          danger
          title={t("feed.revokeTitle", { name: revoking.name })}
          action={t("feed.revoke")}
          onClose={() => setRevoking(null)}
          onConfirm={async () => {
            await api.delete(`/me/feed-keys/${revoking.id}`);
            say(t("feed.revoked"));
            await look();
          }}
        >
          <p>{t("feed.revokeWords")}</p>
        </Confirm>
      )}
    </section>
  );
}
