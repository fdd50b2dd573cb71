import { useQueryClient } from "@tanstack/react-query";
import { EyeOff, Trash2, Undo2 } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../../api/client";
import { queries } from "../../api/queries";
import type { Conversation, Received } from "../../api/types";
import { localeOf } from "../../i18n";
import { useMe } from "../../shell/me";
import { dateAndTime } from "../../time/format";
import { Confirm } from "../../ui/Confirm";
import { TextArea } from "../../ui/Field";
import { networkName } from "../../ui/Network";
import { Said } from "../../ui/Said";
import { say } from "../../ui/Toasts";

type Act = Received["can"][number];

const ICONS = { hide: EyeOff, show: Undo2, delete: Trash2 };

/** What somebody here did about a message on the network, when and why. */
export function Moderated({ message, network }: { message: Received; network: string }) {
  const { t, i18n } = useTranslation();
  const me = useMe();
  const { moderation } = message;
  if (!moderation) return null;
  return (
    <p className={`bubble__moderated bubble__moderated--${moderation.standing}`}>
      <strong>{t(`moderation.standing.${moderation.standing}`, { network: networkName(network) })}</strong>{" "}
      {t("moderation.by", {
        name: moderation.by.name,
        time: dateAndTime(moderation.at, me.agency.zone, localeOf(i18n.language)),
      })}{" "}
      <q>{moderation.reason}</q>
    </p>
  );
}

type Props = { message: Received; network: string; conversation: string };

/** The acts that the network lets us do about a message; each asks why, for the record. */
export function Moderate({ message, network, conversation }: Props) {
  const { t } = useTranslation();
  const queryClient = useQueryClient();
  const [asked, setAsked] = useState<Act | null>(null);
  const [reason, setReason] = useState("");
  const named = { network: networkName(network) };

  async function moderate(act: Act) {
    const after = await api.post<Conversation>(
      `/conversations/${conversation}/moderation`,
      { message: message.id, act, reason: reason.trim() },
      { idempotencyKey: crypto.randomUUID(), timeoutMs: 29_000 },
    );
    queryClient.setQueryData(queries.conversation(conversation).queryKey, after);
    say(t(`moderation.done.${act}`, named));
  }

  return (
    <>
      {message.can.map((each) => {
        const Icon = ICONS[each];
        return (
          <button
            key={each}
            type="button"
            className="text-button"
            onClick={() => {
              setReason("");
              setAsked(each);
            }}
          >
            <Icon size={14} aria-hidden="true" />
            {t(`moderation.act.${each}`)}
          </button>
        );
      })}
      {asked && (
        <Confirm
          danger={asked === "delete"}
          title={t(`moderation.title.${asked}`, named)}
          action={t(`moderation.act.${asked}`)}
          ready={reason.trim() !== ""}
          onClose={() => {
            setAsked(null);
            void queryClient.invalidateQueries({ queryKey: queries.conversation(conversation).queryKey });
          }}
          onConfirm={() => moderate(asked)}
        >
          <blockquote className="bubble__quoted">
            <Said text={message.text} lang={message.language} />
          </blockquote>
          <p>{t(`moderation.words.${asked}`, named)}</p>
          <TextArea
            label={t("moderation.reason")}
            hint={t("moderation.reasonHint")}
            rows={2}
            maxLength={500}
            value={reason}
            onChange={(event) => setReason(event.target.value)}
          />
        </Confirm>
      )}
    </>
  );
}
