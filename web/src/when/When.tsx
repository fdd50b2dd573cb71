import "../styles/when.css";
import { Time, toCalendarDate, toTime } from "@internationalized/date";
import { CalendarDays, ChevronDown, ChevronLeft, ChevronRight } from "lucide-react";
import { useId, useMemo } from "react";
import { Button } from "react-aria-components/Button";
import { Calendar, CalendarCell, CalendarGrid } from "react-aria-components/Calendar";
import { ComboBox } from "react-aria-components/ComboBox";
import { DateInput, DateSegment } from "react-aria-components/DateField";
import { DatePicker } from "react-aria-components/DatePicker";
import { Dialog } from "react-aria-components/Dialog";
import { Group } from "react-aria-components/Group";
import { Heading } from "react-aria-components/Heading";
import { Input } from "react-aria-components/Input";
import { Label } from "react-aria-components/Label";
import { ListBox, ListBoxItem } from "react-aria-components/ListBox";
import { Popover } from "react-aria-components/Popover";
import { TimeField } from "react-aria-components/TimeField";
import { useTranslation } from "react-i18next";
import { localeOf } from "../i18n";
import { useMe } from "../shell/me";
import { clock, dayAndTime, longDay } from "../time/format";
import { dayOf, knownZones, offset, place, readersZone, sameClock } from "../time/zones";
import { Notice } from "../ui/Notice";
import { codeWords } from "../words";
import { type Due, instant, meaning } from "./due";

type Props = { due: Due; onChange: (due: Due) => void };

function ZoneChoice({ zone, onChange }: { zone: string; onChange: (zone: string) => void }) {
  const { t } = useTranslation();
  const me = useMe();
  const zones = useMemo(
    () => knownZones(me.agency.zone).map((id) => ({ id, name: `${place(id)} (${id})` })),
    [me.agency.zone],
  );
  return (
    <ComboBox
      className="field when__zone"
      defaultItems={zones}
      selectedKey={zone}
      onSelectionChange={(key) => key !== null && onChange(String(key))}
      menuTrigger="focus"
    >
      <Label className="field__label">{t("when.zone")}</Label>
      <div className="combo">
        <Input className="input" />
        <Button className="combo__open">
          <ChevronDown size={17} aria-hidden="true" />
        </Button>
      </div>
      <Popover className="popover combo__list">
        <ListBox<{ id: string; name: string }>>
          {(item) => (
            <ListBoxItem id={item.id} textValue={item.name} className="combo__item">
              {item.name}
              {item.id === me.agency.zone && <span className="muted">{t("when.agencyZone")}</span>}
            </ListBoxItem>
          )}
        </ListBox>
      </Popover>
    </ComboBox>
  );
}

/** A date, a time and a zone; and in words what they mean, there and where the reader is. */
export function When({ due, onChange }: Props) {
  const { t, i18n } = useTranslation();
  const locale = localeOf(i18n.language);
  const name = useId();
  const means = meaning(due);
  const at = instant(due);
  const here = readersZone();
  const now = Date.now();
  const change = (part: Partial<Due>) => onChange({ ...due, which: null, ...part });

  return (
    <div className="when">
      <div className="when__fields">
        <DatePicker
          className="field"
          value={due.date}
          minValue={dayOf(now, due.zone)}
          onChange={(date) => date && change({ date })}
          shouldForceLeadingZeros
        >
          <Label className="field__label">{t("when.date")}</Label>
          <Group className="input input--segments">
            <DateInput className="segments">
              {(segment) => <DateSegment segment={segment} className="segment" />}
            </DateInput>
            <Button className="icon-button" aria-label={t("when.openCalendar")}>
              <CalendarDays size={17} aria-hidden="true" />
            </Button>
          </Group>
          <Popover className="popover">
            <Dialog className="popover__dialog">
              <Calendar className="month">
                <header className="month__head">
                  <Button slot="previous" className="icon-button">
                    <ChevronLeft size={18} aria-hidden="true" />
                  </Button>
                  <Heading className="month__name" />
                  <Button slot="next" className="icon-button">
                    <ChevronRight size={18} aria-hidden="true" />
                  </Button>
                </header>
                <CalendarGrid weekdayStyle="short">
                  {(date) => <CalendarCell date={date} className="month__day" />}
                </CalendarGrid>
              </Calendar>
            </Dialog>
          </Popover>
        </DatePicker>
        <TimeField
          className="field when__time"
          value={due.time}
          hourCycle={24}
          granularity={due.time.second ? "second" : "minute"}
          shouldForceLeadingZeros
          onChange={(time) => time && change({ time: new Time(time.hour, time.minute, time.second) })}
        >
          <Label className="field__label">{t("when.time")}</Label>
          <DateInput className="input input--segments segments">
            {(segment) => <DateSegment segment={segment} className="segment" />}
          </DateInput>
        </TimeField>
        <ZoneChoice zone={due.zone} onChange={(zone) => change({ zone })} />
      </div>

      {means.kind === "repeated" && (
        <fieldset className="options when__which">
          <legend>{codeWords(t, "due_repeated_hour")}</legend>
          {(["earlier", "later"] as const).map((which) => (
            <label key={which} className="option">
              <input
                type="radio"
                name={name}
                checked={due.which === which}
                onChange={() => onChange({ ...due, which })}
              />
              <span>
                {t(`when.${which}`, {
                  time: clock(means[which], due.zone, locale),
                  offset: offset(means[which], due.zone),
                })}
              </span>
            </label>
          ))}
        </fieldset>
      )}
      {means.kind === "skipped" && (
        <Notice kind="warning">
          <p>{codeWords(t, "due_skipped_hour")}</p>
          <div className="when__instead">
            {[means.before, means.after].map((instead) => (
              <button
                key={instead.toString()}
                type="button"
                className="button button--plain button--small"
                onClick={() => change({ date: toCalendarDate(instead), time: toTime(instead) })}
              >
                {t("when.useInstead", { time: toTime(instead).toString().slice(0, 5) })}
              </button>
            ))}
          </div>
        </Notice>
      )}
      {at !== null && (
        <p className={`when__words${at < now ? " when__words--past" : ""}`} role="status">
          {t("when.means", {
            day: longDay(at, due.zone, locale),
            time: clock(at, due.zone, locale),
            place: place(due.zone),
            offset: offset(at, due.zone),
          })}
          {!sameClock(at, due.zone, here) && (
            <span className="when__here">
              {t("when.here", { time: dayAndTime(at, here, locale), place: place(here) })}
            </span>
          )}
          {at < now && <span className="when__past">{codeWords(t, "due_in_the_past")}</span>}
        </p>
      )}
    </div>
  );
}
