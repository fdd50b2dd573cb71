import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Plus, X } from "lucide-react";
import { type FormEvent, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { may } from "../../api/access";
import { api } from "../../api/client";
import { queries } from "../../api/queries";
import type { Keyword, Profile } from "../../api/types";
import { localeOf } from "../../i18n";
import { useMe } from "../../shell/me";
import { dateAndTime } from "../../time/format";
import { Button } from "../../ui/Button";
import { Choice, TextInput } from "../../ui/Field";
import { Loaded } from "../../ui/Loaded";
import { Modal } from "../../ui/Modal";
import { calledBy, networkName } from "../../ui/Network";
import { Notice } from "../../ui/Notice";
import { say } from "../../ui/Toasts";
import { errorWords } from "../../words";

const calledIn = (profile: Profile) => `${calledBy(profile)} · ${networkName(profile.network)}`;

/** The words that are looked for on the networks; what is found comes in as a conversation. */
export default function KeywordsDialog({ onClose }: { onClose: () => void }) {
  const { t, i18n } = useTranslation();
  const me = useMe();
  const queryClient = useQueryClient();
  const keywords = useQuery(queries.keywords());
  const profiles = useQuery(queries.profiles());
  const [words, setWords] = useState("");
  const [chosen, setChosen] = useState("");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const key = useRef(crypto.randomUUID());
  const networks = useQuery(queries.networks());
  const searched = (network: string) =>
    networks.data?.find((each) => each.network === network)?.reads.includes("search") ?? false;
  const mine =
    profiles.data?.filter((profile) => may(me, "administer", profile.department) && searched(profile.network)) ?? [];
  const profile = chosen || mine[0]?.id;
  const tooShort = words.trim().length < 2;

  async function act(work: () => Promise<unknown>, done: string) {
    setBusy(true);
    setError(null);
    try {
      await work();
      say(done);
    } catch (problem) {
      setError(problem);
      key.current = crypto.randomUUID();
    } finally {
      setBusy(false);
      await queryClient.invalidateQueries({ queryKey: ["keywords"] });
    }
  }

  async function add(event: FormEvent) {
    event.preventDefault();
    if (busy || tooShort || !profile) return;
    await act(async () => {
      await api.post<Keyword>("/keywords", { words: words.trim(), profile }, { idempotencyKey: key.current });
      key.current = crypto.randomUUID();
      setWords("");
    }, t("inbox.keywords.added"));
  }

  return (
    <Modal title={t("inbox.keywords.title")} onClose={onClose}>
      <div className="modal__body">
        <p className="muted">{t("inbox.keywords.lead")}</p>
        {error !== null && <Notice kind="error">{errorWords(t, error)}</Notice>}
        <Loaded query={keywords} rows={2}>
          {(found: Keyword[]) =>
            found.length === 0 ? (
              <p className="keywords__none">{t("inbox.keywords.none")}</p>
            ) : (
              <ul className="keywords">
                {found.map((one) => {
                  const by = profiles.data?.find((candidate) => candidate.id === one.profile);
                  return (
                    <li key={one.id} className="keyword">
                      <div className="keyword__words">
                        <strong>{one.words}</strong>
                        <span className="muted">
                          {by && `${calledIn(by)} · `}
                          {t("pause.by", {
                            name: one.by.name,
                            time: dateAndTime(one.created_at, me.agency.zone, localeOf(i18n.language)),
                          })}
                        </span>
                      </div>
                      {by && may(me, "administer", by.department) && (
                        <button
                          type="button"
                          className="icon-button"
                          aria-label={t("inbox.keywords.remove", { words: one.words })}
                          onClick={() =>
                            act(
                              () => api.delete(`/keywords/${one.id}`),
                              t("inbox.keywords.removed", { words: one.words }),
                            )
                          }
                        >
                          <X size={17} aria-hidden="true" />
                        </button>
                      )}
                    </li>
                  );
                })}
              </ul>
            )
          }
        </Loaded>
        <form onSubmit={add} className="keywords__add">
          <TextInput
            label={t("inbox.keywords.words")}
            hint={t("inbox.keywords.hint")}
            value={words}
            maxLength={120}
            onChange={(event) => setWords(event.target.value)}
          />
          <Choice
            label={t("inbox.keywords.profile")}
            value={profile ?? ""}
            onChange={(event) => setChosen(event.target.value)}
          >
            {mine.map((one) => (
              <option key={one.id} value={one.id}>
                {calledIn(one)}
              </option>
            ))}
          </Choice>
          <Button
            kind="primary"
            submit
            busy={busy}
            disabled={tooShort || !profile}
            icon={<Plus size={17} aria-hidden="true" />}
          >
            {t("inbox.keywords.add")}
          </Button>
        </form>
      </div>
    </Modal>
  );
}
