import "../../styles/calendar.css";
import { CalendarDate, parseDate } from "@internationalized/date";
import { useQuery } from "@tanstack/react-query";
import { CalendarPlus, ChevronLeft, ChevronRight, FileUp, Filter, LayoutGrid, List } from "lucide-react";
import { useId, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";
import { may } from "../../api/access";
import { queries } from "../../api/queries";
import type { AgencyEvent, PostSummary } from "../../api/types";
import { localeOf } from "../../i18n";
import { useMe } from "../../shell/me";
import { monthAndYear } from "../../time/format";
import { dayOf, knownZones, place, startOf } from "../../time/zones";
import { Button } from "../../ui/Button";
import { useFilters } from "../../ui/filters";
import { Empty, Loaded } from "../../ui/Loaded";
import { networkName } from "../../ui/Network";
import { Notice } from "../../ui/Notice";
import { Page } from "../../ui/Page";
import { besideByDay, NOTHING } from "./agenda";
import { DayDialog } from "./DayDialog";
import { DayList } from "./DayList";
import { EventDialog } from "./EventDialog";
import { byDay, type Entry, entriesOf, gridOf } from "./entries";
import { MonthGrid } from "./MonthGrid";

const STATES = ["scheduled", "done", "cancelled"] as const;
const NARROW = "(max-width: 47.99rem)";

/** Month or list, in the agency's zone or another that is named; what is chosen stands in the address. */
export default function Calendar() {
  const { t, i18n } = useTranslation();
  const locale = localeOf(i18n.language);
  const me = useMe();
  const { search, set, clear } = useFilters();
  const [filtersOpen, setFiltersOpen] = useState(false);
  const [openDay, setOpenDay] = useState<string | null>(null);
  const [openEvent, setOpenEvent] = useState<{ event: AgencyEvent | null; day: string } | null>(null);
  const zoneList = useId();
  const profiles = useQuery(queries.profiles());
  const campaigns = useQuery(queries.campaigns());

  const zones = useMemo(() => knownZones(me.agency.zone), [me.agency.zone]);
  const wanted = search.get("zone");
  const zone = wanted && zones.includes(wanted) ? wanted : me.agency.zone;
  const today = dayOf(Date.now(), zone);
  const month = useMemo(() => {
    const given = search.get("month");
    return given && /^\d{4}-(0[1-9]|1[0-2])$/.test(given)
      ? parseDate(`${given}-01`)
      : new CalendarDate(today.year, today.month, 1);
  }, [search, today.year, today.month]);
  const view = search.get("view") ?? (window.matchMedia(NARROW).matches ? "list" : "month");
  const filters = {
    profile: search.get("profile") ?? undefined,
    campaign: search.get("campaign") ?? undefined,
    department: search.get("department") ?? undefined,
    state: search.get("state") ?? undefined,
  };
  const network = search.get("network");
  const active = [...Object.values(filters), network].filter(Boolean).length;

  const go = (to: CalendarDate) => set("month", to.toString().slice(0, 7));

  const weeks = useMemo(() => gridOf(month), [month]);
  const first = weeks[0]?.[0] ?? month;
  const end = first.add({ weeks: weeks.length });
  const posts = useQuery(
    queries.calendar(new Date(startOf(first, zone)).toISOString(), new Date(startOf(end, zone)).toISOString(), filters),
  );
  const [firstDay, endDay] = [first.toString(), end.toString()];
  const events = useQuery(queries.events(firstDay, endDay));
  const holidays = useQuery(queries.holidays(firstDay, endDay, i18n.language));
  const beside = useMemo(() => {
    const wantedHere = (events.data ?? []).filter(
      (event) => !filters.department || event.department === null || event.department === filters.department,
    );
    return besideByDay(wantedHere, holidays.data ?? [], zone, parseDate(firstDay), parseDate(endDay));
  }, [events.data, holidays.data, filters.department, zone, firstDay, endDay]);
  const show = (event: AgencyEvent | null) =>
    setOpenEvent({
      event,
      day: openDay ?? (today.compare(month) >= 0 && today.month === month.month ? today : month).toString(),
    });
  const title = monthAndYear(Date.UTC(month.year, month.month - 1, 15), "UTC", locale);
  const networks = [...new Set((profiles.data ?? []).map((profile) => profile.network))];

  return (
    <Page
      title={t("nav.calendar")}
      actions={
        may(me, "write") && (
          <Button icon={<CalendarPlus size={17} aria-hidden="true" />} onClick={() => show(null)}>
            {t("agenda.new")}
          </Button>
        )
      }
    >
      <div className="calendar-bar">
        <div className="calendar-bar__month">
          <button
            type="button"
            className="icon-button"
            aria-label={t("calendar.previous")}
            onClick={() => go(month.subtract({ months: 1 }))}
          >
            <ChevronLeft size={20} aria-hidden="true" />
          </button>
          <h2 className="calendar-bar__title" aria-live="polite">
            {title}
          </h2>
          <button
            type="button"
            className="icon-button"
            aria-label={t("calendar.next")}
            onClick={() => go(month.add({ months: 1 }))}
          >
            <ChevronRight size={20} aria-hidden="true" />
          </button>
          <button
            type="button"
            className="button button--plain button--small"
            onClick={() => {
              set("month", null);
              document.querySelector(".day-list__day--today, .cell--today")?.scrollIntoView({ block: "nearest" });
            }}
          >
            {t("calendar.today")}
          </button>
        </div>
        <div className="calendar-bar__end">
          {may(me, "write") && (
            <Link href="/calendar/import" className="button button--plain button--small">
              <FileUp size={15} aria-hidden="true" />
              {t("import.action")}
            </Link>
          )}
          <button
            type="button"
            className="button button--plain button--small"
            aria-expanded={filtersOpen}
            aria-controls="calendar-filters"
            onClick={() => setFiltersOpen(!filtersOpen)}
          >
            <Filter size={15} aria-hidden="true" />
            {active > 0 ? t("calendar.filtersOn", { count: active }) : t("calendar.filters")}
          </button>
          <fieldset className="switch">
            <legend className="visually-hidden">{t("calendar.view")}</legend>
            <button
              type="button"
              className="switch__option"
              aria-pressed={view === "month"}
              onClick={() => set("view", "month")}
            >
              <LayoutGrid size={15} aria-hidden="true" />
              {t("calendar.month")}
            </button>
            <button
              type="button"
              className="switch__option"
              aria-pressed={view === "list"}
              onClick={() => set("view", "list")}
            >
              <List size={16} aria-hidden="true" />
              {t("calendar.list")}
            </button>
          </fieldset>
        </div>
      </div>

      {filtersOpen && (
        <div className="calendar-filters" id="calendar-filters">
          <Select
            label={t("filters.department")}
            value={filters.department}
            all={t("filters.all")}
            onChange={(value) => set("department", value)}
            options={me.departments.map((department) => [department.id, department.name])}
          />
          <Select
            label={t("filters.profile")}
            value={filters.profile}
            all={t("filters.all")}
            onChange={(value) => set("profile", value)}
            options={(profiles.data ?? []).map((profile) => [
              profile.id,
              `${profile.handle} · ${networkName(profile.network)}`,
            ])}
          />
          <Select
            label={t("filters.network")}
            value={network ?? undefined}
            all={t("filters.all")}
            onChange={(value) => set("network", value)}
            options={networks.map((name) => [name, networkName(name)])}
          />
          <Select
            label={t("filters.campaign")}
            value={filters.campaign}
            all={t("filters.all")}
            onChange={(value) => set("campaign", value)}
            options={(campaigns.data ?? []).map((campaign) => [campaign.id, campaign.name])}
          />
          <Select
            label={t("filters.state")}
            value={filters.state}
            all={t("filters.all")}
            onChange={(value) => set("state", value)}
            options={STATES.map((state) => [state, t(`states.${state}`)])}
          />
          {active > 0 && (
            <button
              type="button"
              className="text-button"
              onClick={() => clear("department", "profile", "network", "campaign", "state")}
            >
              {t("filters.clear")}
            </button>
          )}
        </div>
      )}

      <Loaded query={posts} rows={8}>
        {(found: PostSummary[]) => {
          const shown = network
            ? found.filter((post) => post.deliveries.some((delivery) => delivery.network === network))
            : found;
          const days = byDay(entriesOf(shown), zone);
          const here = ([day]: [string, unknown]) => day.startsWith(month.toString().slice(0, 7));
          const inMonth = [...days].filter(here);
          const listed = [
            ...inMonth,
            ...[...beside].filter(here).flatMap(([day]): [string, Entry[]][] => (days.has(day) ? [] : [[day, []]])),
          ];
          return (
            <>
              {view === "month" && inMonth.length === 0 && (
                <Notice title={active > 0 ? t("calendar.emptyFiltered") : t("calendar.empty", { month: title })}>
                  <p>{active > 0 ? t("calendar.emptyFilteredWords") : t("calendar.emptyWords")}</p>
                </Notice>
              )}
              {view === "month" ? (
                <MonthGrid
                  weeks={weeks}
                  month={month}
                  today={today}
                  days={days}
                  beside={beside}
                  zone={zone}
                  onOpen={setOpenDay}
                  onEvent={show}
                />
              ) : (
                listed.length > 0 && (
                  <DayList
                    days={listed}
                    beside={beside}
                    zone={zone}
                    onEvent={show}
                    today={today.toString()}
                    hasToday={today.compare(month) >= 0 && today.compare(month.add({ months: 1 })) < 0}
                  />
                )
              )}
              {view === "list" && inMonth.length === 0 && (
                <Empty
                  title={active > 0 ? t("calendar.emptyFiltered") : t("calendar.empty", { month: title })}
                  action={
                    active === 0 && (
                      <Link href="/compose" className="button button--primary">
                        {t("calendar.newPost")}
                      </Link>
                    )
                  }
                >
                  <p>{active > 0 ? t("calendar.emptyFilteredWords") : t("calendar.emptyWords")}</p>
                </Empty>
              )}
              {openDay && (
                <DayDialog
                  day={openDay}
                  entries={days.get(openDay) ?? []}
                  beside={beside.get(openDay) ?? NOTHING}
                  zone={zone}
                  onEvent={(event) => {
                    setOpenDay(null);
                    show(event);
                  }}
                  onClose={() => setOpenDay(null)}
                />
              )}
            </>
          );
        }}
      </Loaded>
      {(events.isError || holidays.isError) && (
        <Notice kind="warning">
          <p>{t("agenda.notLoaded")}</p>
        </Notice>
      )}
      {openEvent && <EventDialog {...openEvent} onClose={() => setOpenEvent(null)} />}

      <p className="calendar-zone">
        <label htmlFor={zoneList}>{zone === me.agency.zone ? t("calendar.agencyZone") : t("calendar.otherZone")}</label>
        <select
          id={zoneList}
          className="input input--select input--small"
          value={zone}
          onChange={(event) => set("zone", event.target.value === me.agency.zone ? null : event.target.value)}
        >
          {zones.map((id) => (
            <option key={id} value={id}>
              {`${place(id)} (${id})`}
            </option>
          ))}
        </select>
      </p>
    </Page>
  );
}

type SelectProps = {
  label: string;
  value: string | undefined;
  all: string;
  options: (readonly [string, string])[];
  onChange: (value: string | null) => void;
};

function Select({ label, value, all, options, onChange }: SelectProps) {
  const id = useId();
  return (
    <div className="field">
      <label className="field__label" htmlFor={id}>
        {label}
      </label>
      <select
        id={id}
        className="input input--select input--small"
        value={value ?? ""}
        onChange={(event) => onChange(event.target.value || null)}
      >
        <option value="">{all}</option>
        {options.map(([key, name]) => (
          <option key={key} value={key}>
            {name}
          </option>
        ))}
      </select>
    </div>
  );
}
