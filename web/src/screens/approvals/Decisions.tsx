import { CircleCheck, CornerUpLeft } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { Decided } from "../../api/types";
import { localeOf } from "../../i18n";
import { dateAndTime } from "../../time/format";

/** Who decided what, in order, with their words. */
export function Decisions({ decisions, zone }: { decisions: Decided[]; zone: string }) {
  const { t, i18n } = useTranslation();
  if (decisions.length === 0) return null;
  return (
    <ul className="decisions">
      {decisions.map((decided) => (
        <li key={`${decided.at}${decided.by.name}`} className={`decision decision--${decided.decision}`}>
          {decided.decision === "approve" ? (
            <CircleCheck size={16} aria-hidden="true" />
          ) : (
            <CornerUpLeft size={16} aria-hidden="true" />
          )}
          <div>
            <p className="decision__head">
              <bdi>{decided.by.name}</bdi> {t(`approvals.did.${decided.decision}`)}
              <span className="muted"> · {dateAndTime(decided.at, zone, localeOf(i18n.language))}</span>
            </p>
            {decided.comment && (
              <blockquote className="decision__words" dir="auto">
                {decided.comment}
              </blockquote>
            )}
          </div>
        </li>
      ))}
    </ul>
  );
}
