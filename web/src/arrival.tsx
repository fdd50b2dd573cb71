import { lazy, Suspense, useState } from "react";
import { I18nProvider } from "react-aria-components/I18nProvider";
import { useTranslation } from "react-i18next";
import { localeOf } from "./i18n";
import { Skeleton } from "./ui/Loaded";

const Welcome = lazy(() => import("./door/Welcome"));
const Reset = lazy(() => import("./door/Reset"));

export const isArrival = (path: string) => path === "/welcome" || path === "/reset";

/** The token of a mail's link stands after the #, which a browser sends nowhere; it leaves the address at once. */
function takeToken(): string {
  const token = window.location.hash.slice(1);
  if (token) window.history.replaceState(null, "", window.location.pathname);
  return token;
}

let taken: string | null = null;

/** Where the links of our mails lead, for who is not signed in yet. */
export function Arrived() {
  const { i18n } = useTranslation();
  const [token] = useState(() => {
    taken ??= takeToken(); // once: a development build makes every component twice
    return taken;
  });
  return (
    <I18nProvider locale={localeOf(i18n.language)}>
      <Suspense fallback={<Skeleton rows={3} />}>
        {window.location.pathname === "/welcome" ? <Welcome token={token} /> : <Reset token={token} />}
      </Suspense>
    </I18nProvider>
  );
}
