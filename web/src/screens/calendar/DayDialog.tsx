import { parseDate } from "@internationalized/date";
import { Plus } from "lucide-react";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";
import { localeOf } from "../../i18n";
import { longDay } from "../../time/format";
import { dayOf } from "../../time/zones";
import { Modal } from "../../ui/Modal";
import { EntryRow } from "./EntryLink";
import type { Entry } from "./entries";

type Props = { day: string; entries: Entry[]; zone: string; onClose: () => void };

/** All posts of one day, however many. */
export function DayDialog({ day, entries, zone, onClose }: Props) {
  const { t, i18n } = useTranslation();
  const past = parseDate(day).compare(dayOf(Date.now(), zone)) < 0;
  return (
    <Modal
      title={longDay(parseDate(day).toDate("UTC").getTime(), "UTC", localeOf(i18n.language))}
      onClose={onClose}
      wide
    >
      <div className="modal__body">
        {entries.length === 0 ? (
          <p className="muted">{t("calendar.emptyDay")}</p>
        ) : (
          <ul className="rows">
            {entries.map((entry) => (
              <li key={entry.key}>
                <EntryRow entry={entry} zone={zone} />
              </li>
            ))}
          </ul>
        )}
      </div>
      {!past && (
        <footer className="modal__foot">
          <Link href={`/compose?day=${day}`} className="button button--primary">
            <Plus size={17} aria-hidden="true" />
            {t("calendar.newPostDay")}
          </Link>
        </footer>
      )}
    </Modal>
  );
}
