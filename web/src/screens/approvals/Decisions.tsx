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
            <CircleCheck size={18} aria-hidden="true" />
          ) : (
            <CornerUpLeft size={18} aria-hidden="true" />
          )}
          <div>
            <p className="decision__head">
              <span>
                <bdi className="decision__who">{decided.by.name}</bdi> {t(`approvals.did.${decided.decision}`)}
              </span>
              <time className="decision__when" dateTime={decided.at}>
                {dateAndTime(decided.at, zone, localeOf(i18n.language))}
              </time>
            </p>
            {decided.comment && (
              <blockquote className="comment" dir="auto">
                {decided.comment}
              </blockquote>
            )}
          </div>
        </li>
      ))}
    </ul>
  );
}
