import { lazy, Suspense } from "react";
import { I18nProvider } from "react-aria-components/I18nProvider";
import { useTranslation } from "react-i18next";
import { localeOf } from "./i18n";
import { Skeleton } from "./ui/Loaded";

const ExternalReview = lazy(() => import("./screens/approvals/ExternalReview"));

/** What somebody outside the agency sees by a link. */
export function External() {
  const { i18n } = useTranslation();
  const token = window.location.pathname.slice("/review/".length);
  return (
    <I18nProvider locale={localeOf(i18n.language)}>
      <Suspense fallback={<Skeleton rows={3} />}>
        <ExternalReview token={token} />
      </Suspense>
    </I18nProvider>
  );
}
