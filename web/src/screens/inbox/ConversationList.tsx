import type { UseInfiniteQueryResult } from "@tanstack/react-query";
import { useQuery } from "@tanstack/react-query";
import { CircleCheck, Eye, Filter, Hourglass, Lock, PencilLine, Search, UserRound } from "lucide-react";
import { Suspense, useId, useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";
import { may } from "../../api/access";
import { queries } from "../../api/queries";
import type { ConversationSummary } from "../../api/types";
import { localeOf } from "../../i18n";
import { useMe } from "../../shell/me";
import { isolated } from "../../text/bidi";
import { ago, dateAndTime, elapsed } from "../../time/format";
import { useNow } from "../../time/now";
import { Button } from "../../ui/Button";
import { Choice } from "../../ui/Field";
import { useFilters } from "../../ui/filters";
import { Empty, Loaded } from "../../ui/Loaded";
import { calledBy, NetworkMark, networkName } from "../../ui/Network";
import { Named } from "../../ui/Said";
import { KeywordsDialog } from "../screens";
import { Heading } from "./Heading";

/** Whose name stands for a citizen: their own, or their handle where they gave none. */
export const nameOf = (citizen: { name: string; handle: string }) => citizen.name.trim() || citizen.handle;

function Row({ one, open, to }: { one: ConversationSummary; open: boolean; to: string }) {
  const { t, i18n } = useTranslation();
  const locale = localeOf(i18n.language);
  const me = useMe();
  const now = useNow();
  const profiles = useQuery(queries.profiles());
  const reached = profiles.data?.find((profile) => profile.id === one.profile);
  const since = one.waiting_since ?? one.last_at;
  const others = one.present?.filter((present) => present.person.id !== me.id) ?? [];
  return (
    <Link href={to} className="talk-row" data-id={one.id} aria-current={open ? "true" : undefined}>
      <span className="talk-row__head">
        <NetworkMark network={one.network} size={15} />
        <Named className="talk-row__name">{nameOf(one.citizen)}</Named>
        <time
          dateTime={since}
          title={dateAndTime(since, me.agency.zone, locale)}
          className={`talk-row__time${one.waiting_since ? " talk-row__time--waits" : ""}`}
        >
          {one.waiting_since && <Hourglass size={12} aria-hidden="true" />}
          <span className="visually-hidden">{one.waiting_since ? t("inbox.waits") : t("inbox.lastMoved")} </span>
          {one.waiting_since ? elapsed(since, now, locale) : ago(since, now, locale)}
        </time>
      </span>
      {one.citizen.name.trim() && <Named className="talk-row__handle">{one.citizen.handle}</Named>}
      <bdi className="talk-row__words" dir="auto">
        <Named>{one.excerpt}</Named>
      </bdi>
      <span className="talk-row__foot">
        {one.kind === "private" && (
          <span className="talk-row__fact">
            <Lock size={12} aria-hidden="true" />
            {t("inbox.kinds.private")}
          </span>
        )}
        {one.kind !== "private" && <span>{t(`inbox.kinds.${one.kind}`)}</span>}
        {reached && (profiles.data?.length ?? 0) > 1 && <span className="talk-row__reached">{calledBy(reached)}</span>}
        {one.assignee && (
          <span className="talk-row__fact">
            <UserRound size={12} aria-hidden="true" />
            <span className="visually-hidden">{t("inbox.assignee")} </span>
            {one.assignee.id === me.id ? t("inbox.you") : one.assignee.name}
          </span>
        )}
        {one.tags.map((tag) => (
          <span key={tag} className="tag">
            <Named>{tag}</Named>
          </span>
        ))}
        {others.map(({ person, writing }) => (
          <span
            key={person.id}
            className={`talk-row__fact talk-row__there${writing ? " talk-row__there--writing" : ""}`}
          >
            {writing ? <PencilLine size={12} aria-hidden="true" /> : <Eye size={12} aria-hidden="true" />}
            {t(writing ? "inbox.writing" : "inbox.looking", { count: 1, names: person.name })}
          </span>
        ))}
      </span>
    </Link>
  );
}

type ListQuery = UseInfiniteQueryResult<unknown>;
type Props = {
  list: ListQuery;
  found: ConversationSummary[] | undefined;
  tags: string[];
  openId: string | undefined;
  filtered: boolean;
  state: "open" | "done";
  to: (where: string) => string;
};

export function ConversationList({ list, found, tags, openId, filtered, state, to }: Props) {
  const { t } = useTranslation();
  const me = useMe();
  const { search, set, clear } = useFilters();
  const [filtersOpen, setFiltersOpen] = useState(false);
  const [searching, setSearching] = useState(false);
  const profiles = useQuery(queries.profiles());
  const filterId = useId();
  const who = search.get("who");
  const narrowed = ["profile", "tag"].filter((name) => search.get(name)).length;

  const tag = search.get("tag");
  const tagChoices = tag && !tags.includes(tag) ? [tag, ...tags] : tags;

  return (
    <section className="inbox__list" aria-label={t("inbox.list")}>
      <header className="inbox__head">
        <div className="inbox__title">
          <Heading own={!openId} title={t("inbox.title")} />
          {may(me, "administer") && (
            <Button small icon={<Search size={15} aria-hidden="true" />} onClick={() => setSearching(true)}>
              {t("inbox.keywords.title")}
            </Button>
          )}
        </div>
        <div className="inbox__switches">
          <fieldset className="switch">
            <legend className="visually-hidden">{t("inbox.state")}</legend>
            {(["open", "done"] as const).map((value) => (
              <button
                key={value}
                type="button"
                className="switch__option"
                aria-pressed={state === value}
                onClick={() => set("state", value === "open" ? null : value)}
              >
                {t(`inbox.states.${value}`)}
              </button>
            ))}
          </fieldset>
          <button
            type="button"
            className="icon-button inbox__filter"
            aria-expanded={filtersOpen}
            aria-controls={filterId}
            aria-label={narrowed > 0 ? t("calendar.filtersOn", { count: narrowed }) : t("calendar.filters")}
            title={narrowed > 0 ? t("calendar.filtersOn", { count: narrowed }) : t("calendar.filters")}
            onClick={() => setFiltersOpen(!filtersOpen)}
          >
            <Filter size={17} aria-hidden="true" />
            {narrowed > 0 && <span className="inbox__narrowed" aria-hidden="true" />}
          </button>
          <fieldset className="switch">
            <legend className="visually-hidden">{t("inbox.assignee")}</legend>
            {([null, "me", "none"] as const).map((value) => (
              <button
                key={value}
                type="button"
                className="switch__option"
                aria-pressed={who === value}
                onClick={() => set("who", value)}
              >
                {t(`inbox.who.${value ?? "all"}`)}
              </button>
            ))}
          </fieldset>
        </div>
        {filtersOpen && (
          <div className="inbox__filters" id={filterId}>
            <Choice
              label={t("filters.profile")}
              value={search.get("profile") ?? ""}
              onChange={(event) => set("profile", event.target.value || null)}
            >
              <option value="">{t("filters.all")}</option>
              {profiles.data?.map((profile) => (
                <option key={profile.id} value={profile.id}>
                  {`${profile.handle} · ${networkName(profile.network)}`}
                </option>
              ))}
            </Choice>
            <Choice
              label={t("inbox.tag")}
              value={tag ?? ""}
              onChange={(event) => set("tag", event.target.value || null)}
            >
              <option value="">{t("inbox.allTags")}</option>
              {tagChoices.map((each) => (
                <option key={each} value={each}>
                  {isolated(each)}
                </option>
              ))}
            </Choice>
          </div>
        )}
      </header>
      <div className="inbox__rows">
        <Loaded query={list} rows={7}>
          {() =>
            found?.length === 0 ? (
              <Empty
                title={filtered ? t("inbox.emptyFiltered") : t(`inbox.empty.${state}`)}
                action={
                  filtered && <Button onClick={() => clear("who", "profile", "tag")}>{t("filters.clear")}</Button>
                }
              >
                <p>{filtered ? t("inbox.emptyFilteredWords") : t(`inbox.emptyWords.${state}`)}</p>
              </Empty>
            ) : (
              <>
                <ul className="talks">
                  {found?.map((one) => (
                    <li key={one.id}>
                      <Row one={one} open={one.id === openId} to={to(`/${one.id}`)} />
                    </li>
                  ))}
                </ul>
                {list.hasNextPage ? (
                  <Button busy={list.isFetchingNextPage} className="inbox__more" onClick={() => list.fetchNextPage()}>
                    {t("inbox.more")}
                  </Button>
                ) : (
                  <p className="inbox__end">
                    <CircleCheck size={14} aria-hidden="true" />
                    {t("inbox.end")}
                  </p>
                )}
              </>
            )
          }
        </Loaded>
      </div>
      {searching && (
        <Suspense fallback={null}>
          <KeywordsDialog onClose={() => setSearching(false)} />
        </Suspense>
      )}
    </section>
  );
}
