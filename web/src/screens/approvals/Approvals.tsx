import "../../styles/approvals.css";
import { useQuery } from "@tanstack/react-query";
import { ChevronRight } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";
import { may } from "../../api/access";
import { queries } from "../../api/queries";
import type { Review } from "../../api/types";
import { localeOf } from "../../i18n";
import { useMe } from "../../shell/me";
import { dayAndTime, relative } from "../../time/format";
import { Empty, Loaded } from "../../ui/Loaded";
import { Page } from "../../ui/Page";

function Row({ review }: { review: Review }) {
  const { t, i18n } = useTranslation();
  const locale = localeOf(i18n.language);
  const me = useMe();
  const step = review.steps[review.step];
  const late = review.due_at !== null && Date.parse(review.due_at) < Date.now();
  return (
    <li className={`approval${review.mine ? " approval--mine" : ""}`}>
      <div className="approval__words">
        <Link href={`/posts/${review.post}`} className="approval__title">
          {review.title || t("calendar.noWords")}
        </Link>
        <p className="approval__facts">
          <span>{me.departments.find((department) => department.id === review.department)?.name}</span>
          <span>{t("approvals.by", { name: review.asked_by.name })}</span>
        </p>
        {step && (
          <p className="approval__facts">
            <span>{t("approvals.stepOf", { number: review.step + 1, all: review.steps.length, name: step.name })}</span>
            {!review.mine && <span>{t("approvals.waitingFor", { names: step.waiting_for.join(", ") })}</span>}
          </p>
        )}
        <p className={`approval__due${late ? " approval__due--late" : ""}`}>
          {review.due_at
            ? t(late ? "approvals.wasDue" : "approvals.due", {
                time: dayAndTime(review.due_at, me.agency.zone, locale),
                ago: relative(review.due_at, Date.now(), locale),
              })
            : t("approvals.noTime")}
        </p>
      </div>
      <Link
        href={`/posts/${review.post}`}
        className={`button button--small approval__go ${review.mine ? "button--primary" : "button--plain"}`}
      >
        {t(review.mine ? "approvals.look" : "approvals.see")}
        <ChevronRight size={16} aria-hidden="true" />
      </Link>
    </li>
  );
}

export default function Approvals() {
  const { t } = useTranslation();
  const me = useMe();
  const approvals = useQuery(queries.approvals());
  const [all, setAll] = useState(!may(me, "approve"));
  const counts = { mine: approvals.data?.filter((review) => review.mine).length, all: approvals.data?.length };
  return (
    <Page
      title={t("nav.approvals")}
      lead={t("approvals.lead")}
      actions={
        may(me, "administer") && (
          <Link href="/workflows" className="button button--plain button--small">
            {t("workflows.title")}
          </Link>
        )
      }
    >
      <fieldset className="switch approvals__show">
        <legend className="visually-hidden">{t("approvals.show")}</legend>
        {([false, true] as const).map((value) => (
          <button
            key={String(value)}
            type="button"
            className="switch__option"
            aria-pressed={all === value}
            onClick={() => setAll(value)}
          >
            {t(value ? "approvals.allOpen" : "approvals.mine")}
            <span className="approvals__count">{value ? counts.all : counts.mine}</span>
          </button>
        ))}
      </fieldset>
      <Loaded query={approvals}>
        {(found: Review[]) => {
          const shown = all ? found : found.filter((review) => review.mine);
          return shown.length === 0 ? (
            <Empty title={t(all ? "approvals.emptyAll" : "approvals.empty")}>
              <p>{t("approvals.emptyWords")}</p>
            </Empty>
          ) : (
            <ul className="approvals">
              {shown.map((review) => (
                <Row key={review.id} review={review} />
              ))}
            </ul>
          );
        }}
      </Loaded>
    </Page>
  );
}
