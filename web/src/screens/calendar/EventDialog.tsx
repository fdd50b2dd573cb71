import { useQueryClient } from "@tanstack/react-query";
import { Trash2 } from "lucide-react";
import { type FormEvent, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { may } from "../../api/access";
import { api } from "../../api/client";
import type { AgencyEvent, NewAgencyEvent } from "../../api/types";
import { localeOf } from "../../i18n";
import { useMe } from "../../shell/me";
import { dateAndTime, plainDate } from "../../time/format";
import { inZone, knownZones, place } from "../../time/zones";
import { Button } from "../../ui/Button";
import { Confirm } from "../../ui/Confirm";
import { Choice, TextArea, TextInput } from "../../ui/Field";
import { Modal } from "../../ui/Modal";
import { Notice } from "../../ui/Notice";
import { Said } from "../../ui/Said";
import { say } from "../../ui/Toasts";
import { errorWords } from "../../words";
import { instantOf } from "./agenda";

type Props = { event: AgencyEvent | null; day: string; onClose: () => void };

type Place = { date: string; time: string };

function placeOf(moment: string | null, zone: string): Place {
  if (!moment) return { date: "", time: "" };
  const local = inZone(moment, zone).toString();
  return { date: local.slice(0, 10), time: local.slice(11, 16) };
}

/** An event of the agency: seen by everybody, planned by whoever may write where it belongs. */
export function EventDialog({ event, day, onClose }: Props) {
  const me = useMe();
  const own = event === null || may(me, "write", event.department ?? undefined);
  return own ? <EventForm event={event} day={day} onClose={onClose} /> : <EventShown event={event} onClose={onClose} />;
}

function EventShown({ event, onClose }: { event: AgencyEvent; onClose: () => void }) {
  const { t, i18n } = useTranslation();
  const locale = localeOf(i18n.language);
  const me = useMe();
  const zone = event.zone ?? me.agency.zone;
  const [first, last] = event.starts_at
    ? [dateAndTime(event.starts_at, zone, locale), event.ends_at && dateAndTime(event.ends_at, zone, locale)]
    : [plainDate(event.starts_on ?? "", locale), event.ends_on && plainDate(event.ends_on, locale)];
  return (
    <Modal title={event.title} onClose={onClose}>
      <div className="modal__body">
        <p>
          <strong>{last && last !== first ? `${first} – ${last}` : first}</strong>
          {event.zone && event.zone !== me.agency.zone && ` (${place(event.zone)})`}
        </p>
        <p className="muted">
          {me.departments.find((each) => each.id === event.department)?.name ?? t("agenda.everybody")}
          {" · "}
          {t("agenda.by", { name: event.by.name })}
        </p>
        {event.note && <Said text={event.note} />}
      </div>
    </Modal>
  );
}

function EventForm({ event, day, onClose }: Props) {
  const { t } = useTranslation();
  const me = useMe();
  const queryClient = useQueryClient();
  const key = useRef(crypto.randomUUID());
  const [zone, setZone] = useState(event?.zone ?? me.agency.zone);
  const [start] = useState(() => placeOf(event?.starts_at ?? null, event?.zone ?? me.agency.zone));
  const [end] = useState(() => placeOf(event?.ends_at ?? null, event?.zone ?? me.agency.zone));
  const own = me.departments.filter((each) => may(me, "write", each.id));
  const [title, setTitle] = useState(event?.title ?? "");
  const [department, setDepartment] = useState(event?.department ?? "");
  const [note, setNote] = useState(event?.note ?? "");
  const [whole, setWhole] = useState(event ? event.starts_on !== null : true);
  const [starts, setStarts] = useState(event?.starts_on ?? (start.date || day));
  const [ends, setEnds] = useState(event?.ends_on ?? end.date);
  const [from, setFrom] = useState(start.time);
  const [until, setUntil] = useState(end.time);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const [tried, setTried] = useState(false);
  const [deleting, setDeleting] = useState(false);

  // A time that was left as it was keeps its instant, also where clocks show it twice.
  const moment = (date: string, time: string, was: Place, kept: string | null | undefined) =>
    kept && zone === event?.zone && date === was.date && time === was.time
      ? { at: Date.parse(kept), twice: false }
      : date && time
        ? instantOf(date, time, zone)
        : null;
  const begins = whole ? null : moment(starts, from, start, event?.starts_at);
  const finishes = whole || !until ? null : moment(ends || starts, until, end, event?.ends_at);
  const faults = {
    title: title.trim() === "" ? t("agenda.titleMissing") : undefined,
    starts: starts === "" ? t("agenda.dateMissing") : undefined,
    from: whole
      ? undefined
      : from === ""
        ? t("agenda.timeMissing")
        : starts && !begins
          ? t("agenda.skipped")
          : undefined,
    until: !whole && until && starts && !finishes ? t("agenda.skipped") : undefined,
    ends: (
      whole
        ? ends !== "" && ends < starts
        : begins && (finishes ? finishes.at < begins.at : ends !== "" && ends < starts)
    )
      ? t("agenda.backwards")
      : !whole && ends > starts && until === ""
        ? t("agenda.timeMissing")
        : undefined,
  };
  const wrong = Object.values(faults).some(Boolean);

  async function submit(submitted: FormEvent) {
    submitted.preventDefault();
    setTried(true);
    if (busy || wrong) return;
    setBusy(true);
    setError(null);
    const said = { title: title.trim(), note, department: department || null };
    const body: NewAgencyEvent = whole
      ? { ...said, starts_on: starts, ends_on: ends && ends !== starts ? ends : null }
      : {
          ...said,
          starts_at: new Date((begins as { at: number }).at).toISOString(),
          ends_at: finishes ? new Date(finishes.at).toISOString() : null,
          zone,
        };
    try {
      if (event) await api.patch<AgencyEvent>(`/events/${event.id}`, body, event.version);
      else await api.post<AgencyEvent>("/events", body, { idempotencyKey: key.current });
      await queryClient.invalidateQueries({ queryKey: ["events"] });
      say(event ? t("agenda.changed") : t("agenda.created"));
      onClose();
    } catch (problem) {
      setError(problem);
      setBusy(false);
      key.current = crypto.randomUUID();
    }
  }

  if (deleting && event) {
    return (
      <Confirm
        danger
        title={t("agenda.deleteTitle", { title: event.title })}
        action={t("agenda.delete")}
        onClose={() => setDeleting(false)}
        onConfirm={async () => {
          await api.delete(`/events/${event.id}`, event.version);
          await queryClient.invalidateQueries({ queryKey: ["events"] });
          say(t("agenda.deleted"));
          onClose();
        }}
      >
        <p>{t("agenda.deleteWords")}</p>
      </Confirm>
    );
  }

  const endDay = (
    <TextInput
      label={t("agenda.ends")}
      optional={t("common.optional")}
      type="date"
      value={ends}
      min={starts}
      error={faults.ends}
      onChange={(change) => setEnds(change.target.value)}
    />
  );

  return (
    <Modal title={event ? t("agenda.edit") : t("agenda.new")} onClose={onClose}>
      <form onSubmit={submit} className="modal__form" noValidate>
        <div className="modal__body">
          <TextInput
            label={t("agenda.title")}
            value={title}
            maxLength={120}
            error={tried ? faults.title : undefined}
            onChange={(change) => setTitle(change.target.value)}
          />
          <label className="check">
            <input type="checkbox" checked={whole} onChange={(change) => setWhole(change.target.checked)} />
            {t("agenda.wholeDays")}
          </label>
          <div className="pair">
            <TextInput
              label={t("agenda.starts")}
              type="date"
              value={starts}
              error={tried ? faults.starts : undefined}
              onChange={(change) => setStarts(change.target.value)}
            />
            {!whole && (
              <TextInput
                label={t("agenda.startTime")}
                type="time"
                value={from}
                hint={begins?.twice && t("agenda.first")}
                error={tried || from ? faults.from : undefined}
                onChange={(change) => setFrom(change.target.value)}
              />
            )}
            {whole && endDay}
          </div>
          {!whole && (
            <div className="pair">
              {endDay}
              <TextInput
                label={t("agenda.endTime")}
                optional={t("common.optional")}
                type="time"
                value={until}
                hint={finishes?.twice && t("agenda.first")}
                error={faults.until}
                onChange={(change) => setUntil(change.target.value)}
              />
            </div>
          )}
          {!whole && (
            <Choice label={t("when.zone")} value={zone} onChange={(change) => setZone(change.target.value)}>
              {[...new Set([zone, ...knownZones(me.agency.zone)])].map((id) => (
                <option key={id} value={id}>{`${place(id)} (${id})`}</option>
              ))}
            </Choice>
          )}
          <Choice
            label={t("agenda.department")}
            value={department}
            onChange={(change) => setDepartment(change.target.value)}
          >
            <option value="">{t("agenda.everybody")}</option>
            {own.map((each) => (
              <option key={each.id} value={each.id}>
                {each.name}
              </option>
            ))}
          </Choice>
          <TextArea
            label={t("agenda.note")}
            optional={t("common.optional")}
            rows={3}
            maxLength={2000}
            value={note}
            onChange={(change) => setNote(change.target.value)}
          />
          {error !== null && <Notice kind="error">{errorWords(t, error)}</Notice>}
        </div>
        <footer className="modal__foot">
          {event && (
            <Button
              kind="danger-quiet"
              className="modal__aside"
              icon={<Trash2 size={16} aria-hidden="true" />}
              onClick={() => setDeleting(true)}
            >
              {t("agenda.delete")}
            </Button>
          )}
          <Button onClick={onClose}>{t("common.cancel")}</Button>
          <Button kind="primary" submit busy={busy}>
            {event ? t("common.save") : t("agenda.create")}
          </Button>
        </footer>
      </form>
    </Modal>
  );
}
