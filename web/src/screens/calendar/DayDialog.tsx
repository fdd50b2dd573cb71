import { parseDate } from "@internationalized/date";
import { CalendarPlus, Plus } from "lucide-react";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";
import { may } from "../../api/access";
import type { AgencyEvent } from "../../api/types";
import { localeOf } from "../../i18n";
import { useMe } from "../../shell/me";
import { longDay } from "../../time/format";
import { dayOf } from "../../time/zones";
import { Button } from "../../ui/Button";
import { Modal } from "../../ui/Modal";
import type { Beside } from "./agenda";
import { EventRow, HolidayLabel } from "./Beside";
import { EntryRow } from "./EntryLink";
import type { Entry } from "./entries";

type Props = {
  day: string;
  entries: Entry[];
  beside: Beside;
  zone: string;
  onEvent: (event: AgencyEvent | null) => void;
  onClose: () => void;
};

/** All posts and events of one day, however many. */
export function DayDialog({ day, entries, beside, zone, onEvent, onClose }: Props) {
  const { t, i18n } = useTranslation();
  const me = useMe();
  const past = parseDate(day).compare(dayOf(Date.now(), zone)) < 0;
  return (
    <Modal
      title={longDay(parseDate(day).toDate("UTC").getTime(), "UTC", localeOf(i18n.language))}
      onClose={onClose}
      wide
    >
      <div className="modal__body">
        <HolidayLabel names={beside.holidays} />
        {entries.length === 0 && beside.events.length === 0 ? (
          <p className="muted">{t("calendar.emptyDay")}</p>
        ) : (
          <ul className="rows">
            {beside.events.map((event) => (
              <li key={event.id}>
                <EventRow event={event} zone={zone} onOpen={onEvent} />
              </li>
            ))}
            {entries.map((entry) => (
              <li key={entry.key}>
                <EntryRow entry={entry} zone={zone} />
              </li>
            ))}
          </ul>
        )}
      </div>
      {(may(me, "write") || !past) && (
        <footer className="modal__foot">
          {may(me, "write") && (
            <Button icon={<CalendarPlus size={17} aria-hidden="true" />} onClick={() => onEvent(null)}>
              {t("agenda.newDay")}
            </Button>
          )}
          {!past && (
            <Link href={`/compose?day=${day}`} className="button button--primary">
              <Plus size={17} aria-hidden="true" />
              {t("calendar.newPostDay")}
            </Link>
          )}
        </footer>
      )}
    </Modal>
  );
}
