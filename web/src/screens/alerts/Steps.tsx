import { ChartColumn, Table } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Alert } from "../../api/types";
import { localeOf } from "../../i18n";
import { useMe } from "../../shell/me";
import { clock, dateAndTime } from "../../time/format";

const HOUR_MS = 3_600_000;
const STEPS_AN_HOUR = 6;
const [BAR, GAP, HIGH] = [10, 2, 100];

/** Messages in each ten minutes, the hour that rang apart from the rest; as a picture or, of equal rank, as a table. */
export function Steps({ alert }: { alert: Pick<Alert, "steps" | "expected" | "raised_at"> }) {
  const { t, i18n } = useTranslation();
  const locale = localeOf(i18n.language);
  const me = useMe();
  const [view, setView] = useState<"chart" | "table">("chart");
  const steps = [...alert.steps].sort((one, other) => Date.parse(one.at) - Date.parse(other.at));
  const usual = alert.expected / STEPS_AN_HOUR;
  const most = Math.max(1, usual, ...steps.map((step) => step.count));
  const last = steps.at(-1);
  const hourFrom = last ? Date.parse(last.at) - HOUR_MS : 0;
  const high = (count: number) => (count / most) * HIGH;
  const ticks = steps.filter(
    (_, index) =>
      index === 0 || index === steps.length - 1 || (steps.length > 12 && index === Math.floor(steps.length / 2)),
  );
  if (!last) return <p className="muted">{t("alerts.noSteps")}</p>;
  return (
    <div className="steps">
      <div className="steps__head">
        <p className="steps__key">
          <span className="steps__swatch steps__swatch--now" aria-hidden="true" />
          {t("alerts.keyHour")}
          <span className="steps__swatch steps__swatch--usual" aria-hidden="true" />
          {t("alerts.keyUsual")}
        </p>
        <fieldset className="switch">
          <legend className="visually-hidden">{t("alerts.view")}</legend>
          {(["chart", "table"] as const).map((value) => (
            <button
              key={value}
              type="button"
              className="switch__option"
              aria-pressed={view === value}
              onClick={() => setView(value)}
            >
              {value === "chart" ? (
                <ChartColumn size={15} aria-hidden="true" />
              ) : (
                <Table size={15} aria-hidden="true" />
              )}
              {t(`alerts.views.${value}`)}
            </button>
          ))}
        </fieldset>
      </div>
      {view === "chart" && (
        <div className="steps__chart" aria-hidden="true">
          <span className="steps__most">{most < 10 ? Math.round(most * 10) / 10 : Math.round(most)}</span>
          <svg viewBox={`0 0 ${steps.length * BAR} ${HIGH}`} preserveAspectRatio="none" aria-hidden="true">
            {steps.map((step, index) => (
              <rect
                key={step.at}
                className={Date.parse(step.at) > hourFrom ? "steps__bar steps__bar--now" : "steps__bar"}
                x={index * BAR + GAP / 2}
                width={BAR - GAP}
                y={HIGH - Math.max(high(step.count), step.count > 0 ? 1.5 : 0.5)}
                height={Math.max(high(step.count), step.count > 0 ? 1.5 : 0.5)}
              >
                <title>{`${clock(step.at, me.agency.zone, locale)} · ${step.count}`}</title>
              </rect>
            ))}
            <line
              className="steps__usual"
              x1={0}
              x2={steps.length * BAR}
              y1={HIGH - high(usual)}
              y2={HIGH - high(usual)}
            />
          </svg>
          <p className="steps__times">
            {ticks.map((step) => (
              <span key={step.at}>{clock(step.at, me.agency.zone, locale)}</span>
            ))}
          </p>
        </div>
      )}
      <div className={view === "table" ? "steps__table" : "visually-hidden"}>
        <table>
          <caption className="visually-hidden">{t("alerts.steps")}</caption>
          <thead>
            <tr>
              <th scope="col">{t("alerts.from")}</th>
              <th scope="col">{t("alerts.messages")}</th>
            </tr>
          </thead>
          <tbody>
            {steps.map((step) => (
              <tr key={step.at} className={Date.parse(step.at) > hourFrom ? "steps__row--now" : undefined}>
                <th scope="row">
                  <time dateTime={step.at} title={dateAndTime(step.at, me.agency.zone, locale)}>
                    {clock(step.at, me.agency.zone, locale)}
                  </time>
                </th>
                <td>{step.count}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </div>
  );
}
