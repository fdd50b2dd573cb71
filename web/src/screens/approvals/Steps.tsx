import { Circle, CircleCheck, CircleDot, CornerUpLeft } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { Review } from "../../api/types";

const MARKS = { waiting: Circle, open: CircleDot, approved: CircleCheck, sent_back: CornerUpLeft };

/** The steps of a review, which is open, and whom it waits for. */
export function Steps({ review }: { review: Review }) {
  const { t } = useTranslation();
  return (
    <ol className="steps">
      {review.steps.map((step, index) => {
        const Mark = MARKS[step.state];
        const who = [...step.names, ...step.roles.map((role) => t(`approvals.everyRole.${role}`)), ...step.emails];
        const some = who.length > 1 || step.roles.length > 0;
        // Where all must agree, who is still missing is the news; where one is enough, anybody of them.
        const missing = step.state === "open" && step.need === "all" && step.waiting_for.length < who.length;
        return (
          <li
            // biome-ignore lint/suspicious/noArrayIndexKey: steps never move
            key={index}
            className={`step step--${step.state}`}
            aria-current={step.state === "open" ? "step" : undefined}
          >
            <Mark size={18} aria-hidden="true" />
            <div>
              <p className="step__name">
                {step.name} <span className="step__state">{t(`approvals.step.${step.state}`)}</span>
              </p>
              <p className="step__who">
                {some && `${t(`approvals.need.${step.need}`)} `}
                <bdi>{who.join(", ")}</bdi>
              </p>
              {missing && (
                <p className="step__who">{t("approvals.waitingFor", { names: step.waiting_for.join(", ") })}</p>
              )}
            </div>
          </li>
        );
      })}
    </ol>
  );
}
