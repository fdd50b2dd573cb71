import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Eye, PencilLine, Send, WifiOff, X } from "lucide-react";
import { type KeyboardEvent, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { ApiError, api } from "../../api/client";
import { queries } from "../../api/queries";
import type { Conversation, Limits, Present } from "../../api/types";
import { localeOf } from "../../i18n";
import { useMe } from "../../shell/me";
import { isolated } from "../../text/bidi";
import { countFor } from "../../text/count";
import { clock } from "../../time/format";
import { Button } from "../../ui/Button";
import { Counter } from "../../ui/Counter";
import { networkName } from "../../ui/Network";
import { Notice } from "../../ui/Notice";
import { Named, Said } from "../../ui/Said";
import { say } from "../../ui/Toasts";
import { codeWords, errorWords } from "../../words";
import { keepReply, readReply } from "../compose/safety-copy";
import { nameOf } from "./ConversationList";
import { follow, lastMessage, seenOf, unseen } from "./thread";

const COPY_MS = 250;
const apple = /mac|iphone|ipad/i.test(navigator.platform);

/** The network's own rule of counting; plain characters while the profile is not known. */
function limitsOf(limits: Limits | undefined, most: number): Limits {
  return limits
    ? { ...limits, text_max: most }
    : {
        text_unit: "graphemes",
        text_max: most,
        text_bytes_max: null,
        url_length: null,
        images_max: 0,
        image_bytes_max: 0,
        image_types: [],
        alt_max: 0,
        images_min: 0,
        image_ratio_min: null,
        image_ratio_max: null,
        videos_max: 0,
        video_bytes_max: 0,
        video_seconds_max: 0,
        video_seconds_min: 0,
        video_ratio_min: null,
        video_ratio_max: null,
        video_types: [],
        video_with_images: false,
        video_pixels_max: null,
        source: "",
      };
}

function Watch({ present, deaf }: { present: Present[]; deaf: boolean }) {
  const { t, i18n } = useTranslation();
  const names = (found: Present[]) =>
    new Intl.ListFormat(localeOf(i18n.language)).format(found.map(({ person }) => person.name));
  const writing = present.filter((one) => one.writing);
  const looking = present.filter((one) => !one.writing);
  return (
    <div role="status" className="watch">
      {writing.length > 0 && (
        <p className="watch__line watch__line--writing">
          <PencilLine size={17} aria-hidden="true" />
          {t("inbox.writing", { count: writing.length, names: names(writing) })}
        </p>
      )}
      {looking.length > 0 && (
        <p className="watch__line">
          <Eye size={16} aria-hidden="true" />
          {t("inbox.looking", { count: looking.length, names: names(looking) })}
        </p>
      )}
      {deaf && (
        <p className="watch__line watch__line--deaf">
          <WifiOff size={15} aria-hidden="true" />
          {t("inbox.deaf")}
        </p>
      )}
    </div>
  );
}

type Props = {
  conversation: Conversation;
  present: Present[];
  deaf: boolean;
  mayRespond: boolean;
  /** The message the person picked to answer; null for the last. */
  chosen: string | null;
  onChosen: (id: string | null) => void;
  onTyped: () => void;
  onRested: () => void;
  onSent: () => void;
  onClosed: () => void;
};

/**
 * The answer. Its words are kept in this browser until they are sent. It goes out only as an answer to what its writer has
 * seen: an answer of somebody else that came meanwhile is shown and has to be read first.
 */
export function Reply(props: Props) {
  const { conversation, present, deaf, mayRespond } = props;
  const { t } = useTranslation();
  if (!mayRespond) return <p className="reply reply--none">{t("inbox.onlyRead")}</p>;
  if (!conversation.can_reply || conversation.messages.length === 0) {
    return (
      <div className="reply">
        <Watch present={present} deaf={deaf} />
        {conversation.obstacle === "replies_not_offered" ? (
          <Notice title={t("inbox.onlyReadThere")}>
            <p>{codeWords(t, conversation.obstacle)}</p>
          </Notice>
        ) : (
          <Notice kind="warning" title={t("inbox.cannotReply", { network: networkName(conversation.network) })}>
            <p>{conversation.kind === "private" ? codeWords(t, "private_not_offered") : t("inbox.cannotReplyWords")}</p>
          </Notice>
        )}
      </div>
    );
  }
  return <Box {...props} />;
}

function Box({ conversation, present, deaf, chosen, onChosen, onTyped, onRested, onSent, onClosed }: Props) {
  const { t, i18n } = useTranslation();
  const me = useMe();
  const queryClient = useQueryClient();
  const profiles = useQuery(queries.profiles());
  const { id, network } = conversation;
  const { queryKey } = queries.conversation(id);
  const [text, setText] = useState("");
  const [restored, setRestored] = useState(false);
  const [seen, setSeen] = useState(() => seenOf(conversation));
  const [refused, setRefused] = useState(false);
  const [sending, setSending] = useState<"send" | "close" | null>(null);
  const [error, setError] = useState<unknown>(null);
  const intention = useRef<{ mark: string; key: string } | null>(null);
  const box = useRef<HTMLTextAreaElement>(null);

  const writing = text.trim() !== "";
  useEffect(() => {
    setSeen((before) => follow(before, conversation, me.id, writing || refused));
  }, [conversation, me.id, writing, refused]);
  const fresh = unseen(conversation, seen).filter((answer) => answer.by.id !== me.id);
  const blocked = refused || fresh.length > 0;

  // What is being answered stays what it was when the writing began, whatever comes in meanwhile.
  const last = lastMessage(conversation.messages);
  const target = conversation.messages.find((message) => message.id === chosen) ?? last;

  useEffect(() => {
    let gone = false;
    void readReply(me.id, id).then((copy) => {
      if (gone || !copy?.text) return;
      setText((before) => before || copy.text);
      onChosen(copy.to);
      setRestored(true);
    });
    return () => {
      gone = true;
    };
  }, [me.id, id, onChosen]);
  const copy = useRef({ text, to: chosen });
  copy.current = { text, to: chosen };
  const typed = useRef(false);
  // biome-ignore lint/correctness/useExhaustiveDependencies: every change of the words begins the wait anew
  useEffect(() => {
    if (!typed.current) return;
    const timer = setTimeout(() => void keepReply(me.id, id, copy.current), COPY_MS);
    return () => clearTimeout(timer);
  }, [text, chosen, me.id, id]);
  useEffect(
    () => () => {
      if (typed.current) void keepReply(me.id, id, copy.current);
    },
    [me.id, id],
  );

  const profile = profiles.data?.find((candidate) => candidate.id === conversation.profile);
  const limits = limitsOf(profile?.limits, conversation.reply_limit);
  const { over } = countFor(text.trim(), limits);

  function write(words: string) {
    typed.current = true;
    setText(words);
    setRestored(false);
    if (words.trim() === "") {
      onChosen(null);
      onRested();
    } else {
      if (!writing && target) onChosen(target.id);
      onTyped();
    }
  }

  async function send(close: boolean) {
    if (!writing || over || blocked || sending || !target) return;
    const body = { to: target.id, text: text.trim(), answers_seen: seen.count };
    const mark = JSON.stringify(body);
    if (intention.current?.mark !== mark) intention.current = { mark, key: crypto.randomUUID() };
    setSending(close ? "close" : "send");
    setError(null);
    try {
      const after = await api.post<Conversation>(`/conversations/${id}/replies`, body, {
        idempotencyKey: intention.current.key,
      });
      intention.current = null;
      typed.current = false;
      setText("");
      onChosen(null);
      setRestored(false);
      await keepReply(me.id, id, { text: "", to: null });
      setSeen(seenOf(after));
      queryClient.setQueryData(queryKey, after);
      onRested();
      say(t("inbox.sent"));
      requestAnimationFrame(onSent);
      box.current?.focus();
      if (close) {
        const closed = await api.patch<Conversation>(`/conversations/${id}`, { state: "done" }, after.version);
        queryClient.setQueryData(queryKey, closed);
        onClosed();
      }
      await queryClient.invalidateQueries({ queryKey: ["conversations", "list"] });
    } catch (problem) {
      if (problem instanceof ApiError && problem.code === "answered_meanwhile") {
        setRefused(true);
        await queryClient.invalidateQueries({ queryKey });
      } else setError(problem);
    } finally {
      setSending(null);
    }
  }

  function onKey(event: KeyboardEvent) {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      void send(false);
    }
  }

  function haveRead() {
    setSeen(seenOf(conversation));
    setRefused(false);
    box.current?.focus();
  }

  const locale = localeOf(i18n.language);
  return (
    <section className="reply" aria-label={t("inbox.reply")}>
      <Watch present={present} deaf={deaf} />
      {blocked && (
        <Notice
          kind={refused ? "error" : "warning"}
          title={
            fresh.length > 0
              ? t("inbox.answeredBy", {
                  names: new Intl.ListFormat(locale).format([...new Set(fresh.map(({ by }) => by.name))]),
                })
              : t("inbox.answeredUnknown")
          }
          actions={
            fresh.length > 0 ? (
              <Button small onClick={haveRead}>
                {t("inbox.haveRead")}
              </Button>
            ) : (
              <Button small onClick={() => queryClient.invalidateQueries({ queryKey })}>
                {t("common.retry")}
              </Button>
            )
          }
        >
          <p>{refused ? t("inbox.answeredRefused") : t("inbox.answeredWords")}</p>
          {fresh.map((answer) => (
            <blockquote key={answer.id} className="reply__theirs">
              <p className="reply__theirs-who">
                {t("inbox.answeredAt", { name: answer.by.name, time: clock(answer.at, me.agency.zone, locale) })}
              </p>
              <Said text={answer.text} />
            </blockquote>
          ))}
        </Notice>
      )}
      {error !== null && (
        <Notice kind="error" title={t("inbox.notSent")}>
          <p>
            {errorWords(t, error)} {t("inbox.kept")}
          </p>
        </Notice>
      )}
      <div className="reply__field">
        <div className="reply__label">
          <label htmlFor="reply-words">
            {t("inbox.replyTo", { name: target ? isolated(nameOf(target.author)) : "" })}
          </label>
          {target && target.id !== last?.id && (
            <span className="reply__to">
              <span className="reply__quoted">
                {t("inbox.inAnswerTo")} <Named>{target.text.slice(0, 120)}</Named>
              </span>
              <button
                type="button"
                className="icon-button"
                aria-label={t("inbox.toLast")}
                title={t("inbox.toLast")}
                onClick={() => {
                  typed.current = true;
                  onChosen(last?.id ?? null);
                }}
              >
                <X size={15} aria-hidden="true" />
              </button>
            </span>
          )}
        </div>
        <textarea
          id="reply-words"
          ref={box}
          className="input input--words reply__words"
          dir="auto"
          value={text}
          rows={2}
          placeholder={t("inbox.placeholder")}
          aria-describedby="reply-count"
          aria-keyshortcuts="Control+Enter Meta+Enter"
          onChange={(event) => write(event.target.value)}
          onKeyDown={onKey}
        />
      </div>
      <div className="reply__bar">
        <span id="reply-count">
          <Counter network={network} name={networkName(network)} limits={limits} text={text.trim()} />
        </span>
        <span className="reply__hint">
          {restored ? t("inbox.restored") : t("inbox.shortcut", { key: apple ? "⌘" : t("inbox.control") })}
        </span>
        <div className="reply__acts">
          <Button
            small
            busy={sending === "close"}
            disabled={!writing || over || blocked || sending === "send"}
            onClick={() => send(true)}
          >
            {t("inbox.sendClose")}
          </Button>
          <Button
            small
            kind="primary"
            busy={sending === "send"}
            disabled={!writing || over || blocked || sending === "close"}
            icon={<Send size={15} aria-hidden="true" />}
            onClick={() => send(false)}
          >
            {t("inbox.send")}
          </Button>
        </div>
      </div>
    </section>
  );
}
