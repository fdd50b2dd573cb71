import { CalendarRange } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { AgencyEvent } from "../../api/types";
import { localeOf } from "../../i18n";
import { useMe } from "../../shell/me";
import { clock, plainDate } from "../../time/format";
import { Named } from "../../ui/Said";

type Open = (event: AgencyEvent) => void;

const time = (event: AgencyEvent, zone: string, locale: string) =>
  event.starts_at ? clock(event.starts_at, zone, locale) : "";

/** Public holidays of a day: quiet, and there for whoever looks. */
export function HolidayLabel({ names }: { names: string[] }) {
  const { t } = useTranslation();
  if (names.length === 0) return null;
  return (
    <span className="holiday" title={`${t("agenda.holiday")} · ${names.join(", ")}`}>
      {names.join(", ")}
    </span>
  );
}

/** An event in a cell of the month; the day is walked to with the arrow keys, so it is no stop of its own for Tab. */
export function EventChip({ event, zone, onOpen }: { event: AgencyEvent; zone: string; onOpen: Open }) {
  const { t, i18n } = useTranslation();
  const at = time(event, zone, localeOf(i18n.language));
  return (
    <button type="button" className="event-chip" tabIndex={-1} title={event.title} onClick={() => onOpen(event)}>
      <CalendarRange size={12} aria-hidden="true" />
      <span className="event-chip__words">
        <span className="visually-hidden">{`${t("agenda.event")}: `}</span>
        {at && <span className="event-chip__time">{`${at} `}</span>}
        {event.title}
      </span>
    </button>
  );
}

export function EventRow({ event, zone, onOpen }: { event: AgencyEvent; zone: string; onOpen: Open }) {
  const { t, i18n } = useTranslation();
  const locale = localeOf(i18n.language);
  const me = useMe();
  const department = me.departments.find((each) => each.id === event.department)?.name ?? t("agenda.everybody");
  const until = event.ends_at
    ? `– ${clock(event.ends_at, zone, locale)}`
    : event.ends_on && event.ends_on !== event.starts_on
      ? `${plainDate(event.starts_on ?? "", locale)} – ${plainDate(event.ends_on, locale)}`
      : "";
  return (
    <button type="button" className="row event-row" onClick={() => onOpen(event)}>
      <span className="row__time">
        {time(event, zone, locale) || <CalendarRange size={17} aria-label={t("agenda.allDay")} />}
      </span>
      <span className="row__words">
        <span className="row__title">
          <span className="visually-hidden">{`${t("agenda.event")}: `}</span>
          <Named>{event.title}</Named>
        </span>
        <span className="row__meta">
          {until && <span>{until}</span>}
          <span>{department}</span>
        </span>
      </span>
    </button>
  );
}
