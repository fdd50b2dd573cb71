import "../../styles/inbox.css";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { MessagesSquare } from "lucide-react";
import { type KeyboardEvent, useEffect, useMemo, useRef } from "react";
import { useTranslation } from "react-i18next";
import { useLocation, useSearch } from "wouter";
import { type InboxFilters, queries } from "../../api/queries";
import type { ConversationSummary } from "../../api/types";
import { useMe } from "../../shell/me";
import { ConversationList } from "./ConversationList";
import { Talk } from "./Talk";

/** Where the panes stand side by side; below, one is shown at a time. */
const WIDE = "(min-width: 64rem)";
const inField = (target: EventTarget) =>
  target instanceof HTMLElement &&
  target.closest("input, textarea, select, [role=dialog], [role=alertdialog]") !== null;

type Props = { id?: string; pane?: string };

/** Three panes on a desk, one at a time on a phone; which one, and the filters, stand in the address. */
export default function Inbox({ id, pane }: Props) {
  const { t } = useTranslation();
  const me = useMe();
  const search = useSearch();
  const [, navigate] = useLocation();
  const section = useRef<HTMLDivElement>(null);
  const filters = useMemo<InboxFilters>(() => {
    const given = new URLSearchParams(search);
    const who = given.get("who");
    return {
      state: given.get("state") === "done" ? "done" : "open",
      assignee: who === "me" ? me.id : who === "none" ? "none" : undefined,
      profile: given.get("profile") ?? undefined,
      tag: given.get("tag") ?? undefined,
    };
  }, [search, me.id]);
  const list = useInfiniteQuery(queries.conversations(filters));
  useQuery(queries.profiles());
  // A conversation that moves while the pages are fetched may stand on two of them.
  const found = useMemo(
    () =>
      list.data && [
        ...new Map<string, ConversationSummary>(
          list.data.pages.flatMap((page) => page.items).map((one) => [one.id, one]),
        ).values(),
      ],
    [list.data],
  );
  const tags = useMemo(() => [...new Set(found?.flatMap((one) => one.tags) ?? [])].sort(), [found]);
  const to = (where: string) => `/inbox${where}${search ? `?${search}` : ""}`;

  const rows = () => [...(section.current?.querySelectorAll<HTMLAnchorElement>(".talk-row") ?? [])];
  const focusRow = (wanted: string | undefined) => {
    const row = rows().find((one) => one.dataset.id === wanted);
    row?.focus();
    return row !== undefined;
  };

  // On the way back to the list the focus returns to where it came from.
  const before = useRef(id);
  useEffect(() => {
    const from = before.current;
    before.current = id;
    if (from && !id && !focusRow(from)) section.current?.querySelector<HTMLElement>("h1")?.focus();
  });

  function onKey(event: KeyboardEvent) {
    if (event.altKey || event.ctrlKey || event.metaKey || inField(event.target)) return;
    if (event.key === "Escape" && id) {
      event.preventDefault();
      if (!window.matchMedia(WIDE).matches) navigate(to(pane ? `/${id}` : ""));
      else focusRow(id);
      return;
    }
    const all = rows();
    const inList = event.target instanceof HTMLElement && event.target.closest(".talks") !== null;
    const at = all.findIndex((row) => row === document.activeElement || (!inList && row.dataset.id === id));
    const down = event.key === "j" || (inList && event.key === "ArrowDown");
    const up = event.key === "k" || (inList && event.key === "ArrowUp");
    const next = down ? at + 1 : up ? Math.max(0, at - 1) : inList && event.key === "Home" ? 0 : null;
    const row = inList && event.key === "End" ? all.at(-1) : next === null ? undefined : all[next];
    if (!row) return;
    event.preventDefault();
    row.focus();
  }

  const at = found?.findIndex((one) => one.id === id) ?? -1;
  const following = found?.[at + 1] ?? (at > 0 ? found?.[at - 1] : undefined);

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the keys move between the links of the list, which work without
    <div className="inbox" data-pane={id ? (pane ?? "talk") : "list"} ref={section} onKeyDown={onKey}>
      <ConversationList
        list={list}
        found={found}
        tags={tags}
        openId={id}
        filtered={Boolean(filters.assignee || filters.profile || filters.tag)}
        state={filters.state}
        to={to}
      />
      {id ? (
        <Talk
          key={id}
          id={id}
          tags={tags}
          details={pane === "details"}
          to={to}
          next={following && following.id !== id ? following.id : undefined}
        />
      ) : (
        <div className="inbox__none">
          <MessagesSquare size={40} aria-hidden="true" />
          <p>{t("inbox.choose")}</p>
          <p className="inbox__keys">{t("inbox.keys")}</p>
        </div>
      )}
    </div>
  );
}
