import { CornerDownRight, ExternalLink, ImageIcon, Landmark, Lock, Reply } from "lucide-react";
import { Fragment } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";
import type { Above, Answer, Conversation, Received } from "../../api/types";
import { localeOf } from "../../i18n";
import { useMe } from "../../shell/me";
import { balanced, isolated } from "../../text/bidi";
import { clock, dateAndTime, longDay } from "../../time/format";
import { Avatar, networkName } from "../../ui/Network";
import { Named, Said } from "../../ui/Said";
import { StateBadge } from "../../ui/State";
import { reasonWords } from "../../words";
import { nameOf } from "./ConversationList";
import { Moderate, Moderated } from "./Moderate";
import { lastMessage, thread } from "./thread";

/** At 3 a.m. a line that needs a decision says where it is taken. */
const UNDECIDED = new Set(["held", "failed", "unconfirmed"]);

function OnNetwork({ url, network }: { url: string | null; network: string }) {
  const { t } = useTranslation();
  if (!url) return null;
  return (
    <a href={url} target="_blank" rel="noreferrer" className="bubble__link">
      <ExternalLink size={13} aria-hidden="true" />
      {network === "rss" ? t("post.seeOnSite") : t("post.seeOn", { network: networkName(network) })}
      <span className="visually-hidden">{t("common.newTab")}</span>
    </a>
  );
}

function Time({ at }: { at: string }) {
  const { i18n } = useTranslation();
  const me = useMe();
  const locale = localeOf(i18n.language);
  return (
    <time dateTime={at} title={dateAndTime(at, me.agency.zone, locale)} className="bubble__time">
      {clock(at, me.agency.zone, locale)}
    </time>
  );
}

function StandsAbove({ above, network }: { above: Above; network: string }) {
  const { t, i18n } = useTranslation();
  const me = useMe();
  return (
    <li className={`above${above.ours ? " above--ours" : ""}`}>
      <p className="above__head">
        {above.ours ? (
          <strong className="above__ours">
            <Landmark size={14} aria-hidden="true" />
            {t("inbox.ourPost")}
          </strong>
        ) : (
          <Named className="bubble__name">{nameOf(above.author)}</Named>
        )}
        <time dateTime={above.written_at} className="bubble__time">
          {dateAndTime(above.written_at, me.agency.zone, localeOf(i18n.language))}
        </time>
      </p>
      <Said text={above.text} />
      {(above.post || above.url) && (
        <p className="bubble__foot">
          {above.post && <Link href={`/posts/${above.post}`}>{t("inbox.toPost")}</Link>}
          <OnNetwork url={above.url} network={network} />
        </p>
      )}
    </li>
  );
}

type MessageProps = {
  message: Received;
  network: string;
  conversation: string;
  onAnswer?: ((message: Received) => void) | undefined;
};

function Message({ message, network, conversation, onAnswer }: MessageProps) {
  const { t } = useTranslation();
  const name = nameOf(message.author);
  return (
    <li className="bubble bubble--theirs">
      <Avatar name={balanced(name)} size={30} />
      <div className="bubble__body">
        <p className="bubble__head">
          <Named className="bubble__name">{name}</Named>
          <span className={`bubble__kind${message.kind === "private" ? " bubble__kind--private" : ""}`}>
            {message.kind === "private" && <Lock size={12} aria-hidden="true" />}
            {t(`inbox.kinds.${message.kind}`)}
          </span>
          <Time at={message.written_at} />
        </p>
        <Said text={message.text} lang={message.language} />
        {message.media.length > 0 && (
          <ul className="bubble__media">
            {message.media.map((one) => (
              <li key={one.url}>
                <a href={one.url} target="_blank" rel="noreferrer">
                  <ImageIcon size={15} aria-hidden="true" />
                  <span>
                    {one.alt ? <Named>{one.alt}</Named> : t("inbox.mediaNoAlt")}
                    <span className="visually-hidden"> {t("common.newTab")}</span>
                  </span>
                </a>
              </li>
            ))}
          </ul>
        )}
        {message.edits > 0 &&
          (message.before === null ? (
            <p className="bubble__edited">{t("inbox.edited", { count: message.edits })}</p>
          ) : (
            <details className="bubble__edited">
              <summary>{t("inbox.edited", { count: message.edits })}</summary>
              <p className="bubble__before">{t("inbox.firstWords")}</p>
              <Said text={message.before} lang={message.language} />
            </details>
          ))}
        <Moderated message={message} network={network} />
        <div className="bubble__foot">
          {onAnswer && (
            <button type="button" className="text-button bubble__answer" onClick={() => onAnswer(message)}>
              <Reply size={14} aria-hidden="true" />
              {t("inbox.answerThis")}
            </button>
          )}
          <Moderate message={message} network={network} conversation={conversation} />
          <OnNetwork url={message.url} network={network} />
        </div>
      </div>
    </li>
  );
}

function Ours({ answer, to, network }: { answer: Answer; to: Received | null; network: string }) {
  const { t } = useTranslation();
  const me = useMe();
  return (
    <li className="bubble bubble--ours">
      <div className="bubble__body">
        {to && (
          <p className="bubble__to">
            <CornerDownRight size={13} aria-hidden="true" />
            {t("inbox.inAnswerTo")} <Named>{to.text.slice(0, 80)}</Named>
          </p>
        )}
        <p className="bubble__head">
          <strong className="bubble__name">
            {answer.by.id === me.id ? t("inbox.youNamed", { name: answer.by.name }) : answer.by.name}
          </strong>
          <StateBadge state={answer.state} />
          <Time at={answer.at} />
        </p>
        <Said text={answer.text} />
        {answer.reason && (
          <p className="bubble__reason">
            {reasonWords(t, answer.reason.code)}
            {answer.reason.detail && <q className="bubble__detail">{answer.reason.detail}</q>}
          </p>
        )}
        {(answer.url || UNDECIDED.has(answer.state)) && (
          <p className="bubble__foot">
            {UNDECIDED.has(answer.state) && <Link href="/attention">{t("inbox.decide")}</Link>}
            <OnNetwork url={answer.url} network={network} />
          </p>
        )}
      </div>
    </li>
  );
}

type Props = { conversation: Conversation; onAnswer?: (message: Received) => void };

export function Thread({ conversation, onAnswer }: Props) {
  const { t, i18n } = useTranslation();
  const me = useMe();
  const { network, above, earlier, messages } = conversation;
  const entries = thread(conversation);
  const last = lastMessage(messages);
  const day = (at: number) => longDay(at, me.agency.zone, localeOf(i18n.language));
  return (
    <>
      {above.length > 0 && (
        <section aria-label={t("inbox.above")}>
          <h2 className="talk__part">{t("inbox.above")}</h2>
          <ol className="aboves">
            {above.map((one, index) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: what stands above has no id and does not move
              <StandsAbove key={index} above={one} network={network} />
            ))}
          </ol>
        </section>
      )}
      {earlier && <p className="talk__earlier">{t("inbox.earlier", { network: networkName(network) })}</p>}
      <ol className="bubbles">
        {entries.map((entry, index) => {
          const before = entries[index - 1];
          const today = day(entry.at);
          return (
            <Fragment key={entry.kind === "message" ? entry.message.id : entry.answer.id}>
              {(!before || day(before.at) !== today) && <li className="bubbles__day">{today}</li>}
              {entry.kind === "message" ? (
                <Message
                  message={entry.message}
                  network={network}
                  conversation={conversation.id}
                  onAnswer={entry.message.id === last?.id ? undefined : onAnswer}
                />
              ) : (
                <Ours answer={entry.answer} to={entry.to} network={network} />
              )}
            </Fragment>
          );
        })}
      </ol>
      {conversation.messages.length === 0 && (
        <p className="muted">{t("inbox.noMessages", { name: isolated(nameOf(conversation.citizen)) })}</p>
      )}
    </>
  );
}
