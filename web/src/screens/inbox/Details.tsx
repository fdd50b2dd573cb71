import { useQuery } from "@tanstack/react-query";
import { ChevronLeft, ExternalLink, Eye, PencilLine, Plus, X } from "lucide-react";
import { type FormEvent, useId, useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";
import { may } from "../../api/access";
import { queries } from "../../api/queries";
import type { Conversation, ConversationChange, Present } from "../../api/types";
import { localeOf } from "../../i18n";
import { useMe } from "../../shell/me";
import { balanced, isolated } from "../../text/bidi";
import { dateAndTime } from "../../time/format";
import { Choice } from "../../ui/Field";
import { Avatar, calledBy, networkName } from "../../ui/Network";
import { Named } from "../../ui/Said";
import { nameOf } from "./ConversationList";
import { Heading } from "./Heading";

const TAG_MAX = 40;
const TAGS_MAX = 20;

type Change = (ask: (now: Conversation) => ConversationChange, done?: string, again?: boolean) => Promise<void>;

function Assignee({ conversation, busy, onChange }: { conversation: Conversation; busy: boolean; onChange: Change }) {
  const { t } = useTranslation();
  const me = useMe();
  const { assignee, department } = conversation;
  const people = useQuery({ ...queries.people(), enabled: may(me, "administer") });
  const others = (people.data ?? []).filter((person) => person.id !== me.id && may(person, "respond", department));
  const choices = [
    ...(assignee && assignee.id !== me.id && !others.some((person) => person.id === assignee.id) ? [assignee] : []),
    ...others,
  ];
  return (
    <Choice
      label={t("inbox.assignee")}
      value={assignee?.id ?? ""}
      disabled={busy}
      onChange={(event) => {
        const chosen = event.target.value || null;
        const name = choices.find((person) => person.id === chosen)?.name;
        void onChange(
          () => ({ assignee: chosen }),
          chosen === null
            ? t("inbox.assignedNobody")
            : chosen === me.id
              ? t("inbox.assignedMe")
              : t("inbox.assignedTo", { name }),
        );
      }}
    >
      <option value="">{t("inbox.nobody")}</option>
      <option value={me.id}>{t("inbox.youNamed", { name: me.name })}</option>
      {choices.map((person) => (
        <option key={person.id} value={person.id}>
          {person.name}
        </option>
      ))}
    </Choice>
  );
}

type TagsProps = { conversation: Conversation; known: string[]; mayChange: boolean; busy: boolean; onChange: Change };

function Tags({ conversation, known, mayChange, busy, onChange }: TagsProps) {
  const { t } = useTranslation();
  const [adding, setAdding] = useState("");
  const id = useId();
  const { tags } = conversation;
  const tag = adding.trim().toLowerCase();
  function add(event: FormEvent) {
    event.preventDefault();
    if (!tag || tags.includes(tag)) return;
    void onChange((now) => ({ tags: [...new Set([...now.tags, tag])] }), undefined, true);
    setAdding("");
  }
  return (
    <div className="details__tags">
      <p className="details__label" id={`${id}-title`}>
        {t("inbox.tags")}
      </p>
      {tags.length === 0 && !mayChange && <p className="muted">{t("inbox.noTags")}</p>}
      {tags.length > 0 && (
        <ul className="tags" aria-labelledby={`${id}-title`}>
          {tags.map((each) => (
            <li key={each} className="tag">
              <Named>{each}</Named>
              {mayChange && (
                <button
                  type="button"
                  className="tag__remove"
                  aria-label={t("inbox.removeTag", { tag: isolated(each) })}
                  disabled={busy}
                  onClick={() => onChange((now) => ({ tags: now.tags.filter((one) => one !== each) }), undefined, true)}
                >
                  <X size={13} aria-hidden="true" />
                </button>
              )}
            </li>
          ))}
        </ul>
      )}
      {mayChange && tags.length < TAGS_MAX && (
        <form onSubmit={add} className="tags__add">
          <input
            className="input input--small"
            aria-label={t("inbox.addTag")}
            placeholder={t("inbox.addTag")}
            list={id}
            maxLength={TAG_MAX}
            value={adding}
            onChange={(event) => setAdding(event.target.value)}
          />
          <datalist id={id}>
            {known
              .filter((each) => !tags.includes(each))
              .map((each) => (
                <option key={each} value={each} />
              ))}
          </datalist>
          <button type="submit" className="icon-button" aria-label={t("inbox.addTag")} disabled={busy || !tag}>
            <Plus size={17} aria-hidden="true" />
          </button>
        </form>
      )}
    </div>
  );
}

type Props = {
  conversation: Conversation;
  present: Present[];
  tags: string[];
  mayRespond: boolean;
  busy: boolean;
  own: boolean;
  back: string;
  onChange: Change;
};

/** Who the citizen is, whose the conversation is, what it is about, and who else is at it. */
export function Details({ conversation, present, tags, mayRespond, busy, own, back, onChange }: Props) {
  const { t, i18n } = useTranslation();
  const locale = localeOf(i18n.language);
  const me = useMe();
  const profiles = useQuery(queries.profiles());
  const { citizen, network, waiting_since: waits } = conversation;
  const name = nameOf(citizen);
  const reached = profiles.data?.find((profile) => profile.id === conversation.profile);
  const department = me.departments.find((one) => one.id === conversation.department);
  return (
    <aside className="details" aria-label={t("inbox.details")}>
      <header className="details__head">
        <Link href={back} className="icon-button" aria-label={t("inbox.backToTalk")} title={t("inbox.backToTalk")}>
          <ChevronLeft size={22} aria-hidden="true" />
        </Link>
        <Heading own={own} title={t("inbox.details")} />
      </header>
      <div className="details__citizen">
        <Avatar name={balanced(name)} network={network} size={48} />
        <div>
          <p className="details__name">
            <Named>{name}</Named>
          </p>
          <p className="details__handle">
            <Named>{citizen.handle}</Named>
          </p>
          {citizen.followers !== null && (
            <p className="muted">
              {t("inbox.followers", {
                count: citizen.followers,
                number: new Intl.NumberFormat(locale).format(citizen.followers),
              })}
            </p>
          )}
          {citizen.url && (
            <a href={citizen.url} target="_blank" rel="noreferrer" className="bubble__link">
              <ExternalLink size={13} aria-hidden="true" />
              {network === "rss" ? t("post.seeOnSite") : t("post.seeOn", { network: networkName(network) })}
              <span className="visually-hidden">{t("common.newTab")}</span>
            </a>
          )}
        </div>
      </div>
      {mayRespond ? (
        <Assignee conversation={conversation} busy={busy} onChange={onChange} />
      ) : (
        <dl className="details__facts">
          <div>
            <dt>{t("inbox.assignee")}</dt>
            <dd>{conversation.assignee?.name ?? t("inbox.nobody")}</dd>
          </div>
        </dl>
      )}
      <Tags conversation={conversation} known={tags} mayChange={mayRespond} busy={busy} onChange={onChange} />
      <dl className="details__facts">
        {waits && (
          <div>
            <dt>{t("inbox.waits")}</dt>
            <dd>{dateAndTime(waits, me.agency.zone, locale)}</dd>
          </div>
        )}
        {reached && (
          <div>
            <dt>{t("inbox.reached")}</dt>
            <dd>{calledBy(reached)}</dd>
          </div>
        )}
        {department && (
          <div>
            <dt>{t("filters.department")}</dt>
            <dd>{department.name}</dd>
          </div>
        )}
        <div>
          <dt>{t("inbox.answers")}</dt>
          <dd>{conversation.answers}</dd>
        </div>
      </dl>
      {present.length > 0 && (
        <div>
          <p className="details__label">{t("inbox.alsoHere")}</p>
          <ul className="details__present">
            {present.map(({ person, writing }) => (
              <li key={person.id}>
                {writing ? <PencilLine size={14} aria-hidden="true" /> : <Eye size={14} aria-hidden="true" />}
                {t(writing ? "inbox.writing" : "inbox.looking", { count: 1, names: person.name })}
              </li>
            ))}
          </ul>
        </div>
      )}
    </aside>
  );
}
