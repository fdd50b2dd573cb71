import { useTranslation } from "react-i18next";
import type { ReportFigures } from "../../api/types";
import { localeOf } from "../../i18n";
import { plainDate } from "../../time/format";
import { daily } from "./numbers";

const HEIGHT = 120;
const WIDTH = 720;

/** Interactions by day, as bars; a table says the same to those who do not see them. */
export function Bars({ figures, first, last }: { figures: ReportFigures; first: string; last: string }) {
  const { t, i18n } = useTranslation();
  const locale = localeOf(i18n.language);
  const points = daily(figures, "interactions", first, last);
  const most = Math.max(...points.map(([, value]) => value), 0);
  if (points.length < 2 || most === 0) return null;
  const step = WIDTH / points.length;
  const number = new Intl.NumberFormat(locale);
  return (
    <figure className="bars">
      <figcaption>{t("reports.byDay")}</figcaption>
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} aria-hidden="true" preserveAspectRatio="none">
        {points.map(([day, value], index) => {
          const height = (value / most) * (HEIGHT - 4);
          return (
            <rect
              key={day}
              x={index * step + step * 0.12}
              y={HEIGHT - height}
              width={step * 0.76}
              height={height}
              className="bars__bar"
            >
              <title>{`${plainDate(day, locale)} – ${number.format(value)}`}</title>
            </rect>
          );
        })}
      </svg>
      <p className="bars__ends" aria-hidden="true">
        <span>{plainDate(first, locale)}</span>
        <span>{t("reports.most", { count: most, number: number.format(most) })}</span>
        <span>{plainDate(last, locale)}</span>
      </p>
      <details className="bars__table">
        <summary>{t("reports.asTable")}</summary>
        <table>
          <thead>
            <tr>
              <th scope="col">{t("reports.day")}</th>
              <th scope="col">{t("measures.interactions")}</th>
            </tr>
          </thead>
          <tbody>
            {points.map(([day, value]) => (
              <tr key={day}>
                <th scope="row">{plainDate(day, locale)}</th>
                <td>{number.format(value)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </details>
    </figure>
  );
}
