import { useQuery, useQueryClient } from "@tanstack/react-query";
import { ArrowDown, ChevronLeft, CircleCheck, PanelRight, RotateCcw, UserPlus } from "lucide-react";
import { useCallback, useEffect, useLayoutEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";
import { may } from "../../api/access";
import { ApiError, api } from "../../api/client";
import { queries } from "../../api/queries";
import type { Conversation, ConversationChange, Received } from "../../api/types";
import { useMe } from "../../shell/me";
import { isolated } from "../../text/bidi";
import { Button } from "../../ui/Button";
import { Loaded } from "../../ui/Loaded";
import { NetworkMark, networkName } from "../../ui/Network";
import { Named } from "../../ui/Said";
import { say } from "../../ui/Toasts";
import { errorWords } from "../../words";
import { nameOf } from "./ConversationList";
import { Details } from "./Details";
import { Heading } from "./Heading";
import { usePresence } from "./presence";
import { Reply } from "./Reply";
import { Thread } from "./Thread";
import { lastMessage } from "./thread";

const NEAR_END = 120;

type Ask = (now: Conversation) => ConversationChange;

/** Changes a conversation as it stood when the person looked; when it moved, they are told and shown what it is now. */
function useChange(id: string) {
  const { t } = useTranslation();
  const queryClient = useQueryClient();
  const { queryKey } = queries.conversation(id);
  const [busy, setBusy] = useState(false);

  async function change(ask: Ask, done?: string, /** Nothing is overwritten by asking again. */ again = false) {
    const known = queryClient.getQueryData(queryKey);
    if (!known || busy) return;
    setBusy(true);
    try {
      const send = (now: Conversation) => api.patch<Conversation>(`/conversations/${id}`, ask(now), now.version);
      const after = await send(known).catch(async (error: unknown) => {
        if (!(again && error instanceof ApiError && error.status === 412)) throw error;
        return send(await api.get<Conversation>(`/conversations/${id}`));
      });
      queryClient.setQueryData(queryKey, after);
      void queryClient.invalidateQueries({ queryKey: ["conversations", "list"] });
      if (done) say(done);
    } catch (error) {
      say(errorWords(t, error), "error");
      void queryClient.invalidateQueries({ queryKey });
    } finally {
      setBusy(false);
    }
  }
  return { change, busy };
}

type ViewProps = Props & { conversation: Conversation };

function View({ conversation, tags, details, to, next }: ViewProps) {
  const { t } = useTranslation();
  const me = useMe();
  const { id, citizen, network, state, department } = conversation;
  const name = nameOf(citizen);
  const presence = usePresence(id);
  const { change, busy } = useChange(id);
  const [chosen, setChosen] = useState<string | null>(null);
  const mayRespond = may(me, "respond", department);
  const present = (presence.present ?? conversation.present).filter((one) => one.person.id !== me.id);
  const { news, below, scroller, foot, toEnd } = useNews(conversation.messages);

  // A button that does its work and goes hands the focus on.
  const acts = useRef<HTMLDivElement>(null);
  const focusOn = (find: () => Element | null | undefined) =>
    requestAnimationFrame(() => {
      const found = find();
      if (found instanceof HTMLElement) found.focus();
    });
  const focusDone = () =>
    focusOn(() => foot.current?.querySelector(".talk__done a") ?? foot.current?.querySelector(".talk__done button"));

  async function take() {
    await change(() => ({ assignee: me.id }), t("inbox.assignedMe"));
    focusOn(() => acts.current?.querySelector("button:not(.talk__take)"));
  }
  async function close() {
    await change(() => ({ state: "done" }), t("inbox.closed"));
    focusDone();
  }
  async function reopen() {
    await change(() => ({ state: "open" }), t("inbox.reopened"));
    focusOn(() => document.getElementById("reply-words"));
  }

  const answerTo = useCallback((message: Received) => {
    setChosen(message.id);
    document.getElementById("reply-words")?.focus();
  }, []);

  return (
    <>
      <section className="talk" aria-label={t("inbox.conversationWith", { name: isolated(name) })}>
        <header className="talk__head">
          <Link href={to("")} className="icon-button talk__back" aria-label={t("inbox.back")} title={t("inbox.back")}>
            <ChevronLeft size={22} aria-hidden="true" />
          </Link>
          <div className="talk__who">
            <Heading own={!details} title={isolated(name)}>
              <Named>{name}</Named>
            </Heading>
            <p className="talk__handle">
              <NetworkMark network={network} size={14} label={false} />
              <span>{networkName(network)}</span>
              {citizen.name.trim() && <Named>{citizen.handle}</Named>}
            </p>
          </div>
          <div className="talk__acts" ref={acts}>
            {mayRespond && !conversation.assignee && state === "open" && (
              <Button
                small
                busy={busy}
                className="talk__take"
                icon={<UserPlus size={15} aria-hidden="true" />}
                onClick={take}
              >
                {t("inbox.assignMe")}
              </Button>
            )}
            {mayRespond && state === "open" && (
              <Button small busy={busy} icon={<CircleCheck size={15} aria-hidden="true" />} onClick={close}>
                {t("inbox.close")}
              </Button>
            )}
            <Link
              href={to(`/${id}/details`)}
              className="icon-button talk__details"
              aria-label={t("inbox.details")}
              title={t("inbox.details")}
            >
              <PanelRight size={19} aria-hidden="true" />
            </Link>
          </div>
        </header>
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be in reach of the keyboard */}
        <section className="talk__thread" ref={scroller} tabIndex={0} aria-label={t("inbox.messages")}>
          <Thread
            conversation={conversation}
            {...(mayRespond && conversation.can_reply && state === "open" ? { onAnswer: answerTo } : {})}
          />
        </section>
        <p role="status" className="visually-hidden">
          {news &&
            t("inbox.newMessage", { name: isolated(nameOf(news.author)), text: isolated(news.text.slice(0, 200)) })}
        </p>
        {below && (
          <div className="talk__below">
            <Button small kind="primary" icon={<ArrowDown size={15} aria-hidden="true" />} onClick={toEnd}>
              {t("inbox.newBelow")}
            </Button>
          </div>
        )}
        <div className="talk__foot" ref={foot}>
          {state === "done" ? (
            <div className="talk__done" role="status">
              <CircleCheck size={18} aria-hidden="true" />
              <p>{t("inbox.isDone")}</p>
              {mayRespond && (
                <Button small busy={busy} icon={<RotateCcw size={15} aria-hidden="true" />} onClick={reopen}>
                  {t("inbox.reopen")}
                </Button>
              )}
              {next && (
                <Link href={to(`/${next}`)} className="button button--primary button--small">
                  {t("inbox.next")}
                </Link>
              )}
            </div>
          ) : (
            <Reply
              conversation={conversation}
              present={present}
              deaf={presence.deaf}
              mayRespond={mayRespond}
              chosen={chosen}
              onChosen={setChosen}
              onTyped={presence.typed}
              onRested={presence.rested}
              onSent={toEnd}
              onClosed={focusDone}
            />
          )}
        </div>
      </section>
      <Details
        conversation={conversation}
        present={present}
        tags={tags}
        mayRespond={mayRespond}
        busy={busy}
        own={details}
        back={to(`/${id}`)}
        onChange={change}
      />
    </>
  );
}

/** What scrolls the thread: its pane on a desk, the page on a phone. */
function scrolls(box: HTMLElement | null): HTMLElement {
  return box && getComputedStyle(box).overflowY === "auto" ? box : document.documentElement;
}

/** The newest message that came while one looks; whether it stands below what is in view; and the way there. */
function useNews(messages: Received[]) {
  const scroller = useRef<HTMLElement>(null);
  const foot = useRef<HTMLDivElement>(null);
  const atEnd = useRef(true);
  const known = useRef<string | null>(null);
  const first = useRef(true);
  const [news, setNews] = useState<Received | null>(null);
  const [below, setBelow] = useState(false);
  const last = lastMessage(messages);

  const left = useCallback(() => {
    const box = scrolls(scroller.current);
    return box.scrollHeight - box.scrollTop - box.clientHeight;
  }, []);
  const toEnd = useCallback(() => {
    const box = scrolls(scroller.current);
    box.scrollTop = box.scrollHeight;
    setBelow(false);
  }, []);

  useLayoutEffect(() => {
    if (first.current) requestAnimationFrame(toEnd);
    first.current = false;
  }, [toEnd]);

  const lastId = last?.id ?? null;
  // biome-ignore lint/correctness/useExhaustiveDependencies: only another message is news, not the same one fetched again
  useEffect(() => {
    if (known.current !== null && known.current !== lastId) {
      setNews(last);
      if (atEnd.current) requestAnimationFrame(toEnd);
      else setBelow(true);
    }
    known.current = lastId;
  }, [lastId]);

  // Whoever reads the end goes on reading it when what stands below grows: a colleague who writes, a notice.
  useEffect(() => {
    const look = () => {
      atEnd.current = left() < NEAR_END;
      if (atEnd.current) setBelow(false);
    };
    const watch = new ResizeObserver(() => atEnd.current && toEnd());
    if (foot.current) watch.observe(foot.current);
    window.addEventListener("scroll", look, true);
    return () => {
      watch.disconnect();
      window.removeEventListener("scroll", look, true);
    };
  }, [left, toEnd]);

  return { news, below, scroller, foot, toEnd };
}

type Props = {
  id: string;
  tags: string[];
  /** The address speaks of the details. */
  details: boolean;
  to: (where: string) => string;
  /** The conversation that comes after this one in the list. */
  next: string | undefined;
};

/** One conversation: what stands above it, what was said, and the answer. */
export function Talk(props: Props) {
  const { t } = useTranslation();
  const conversation = useQuery(queries.conversation(props.id));
  if (conversation.data) {
    return <View {...props} conversation={conversation.data} />;
  }
  return (
    <section className="talk talk--none" aria-label={t("inbox.conversation")}>
      <header className="talk__head">
        <Link
          href={props.to("")}
          className="icon-button talk__back"
          aria-label={t("inbox.back")}
          title={t("inbox.back")}
        >
          <ChevronLeft size={22} aria-hidden="true" />
        </Link>
        <h1>{t("inbox.conversation")}</h1>
      </header>
      <div className="talk__wait">
        <Loaded query={conversation} rows={5}>
          {() => null}
        </Loaded>
      </div>
    </section>
  );
}
