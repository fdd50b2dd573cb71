import { useQuery } from "@tanstack/react-query";
import {
  Bell,
  CalendarDays,
  ChartNoAxesColumn,
  ClipboardCheck,
  Ellipsis,
  Flag,
  Inbox,
  LogOut,
  OctagonPause,
  PencilLine,
  ShieldCheck,
  Siren,
  SquarePen,
  TriangleAlert,
  UserCog,
  Users,
  WifiOff,
} from "lucide-react";
import { type ReactNode, Suspense, useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { Link, useLocation } from "wouter";
import { type Act, may } from "../api/access";
import { api } from "../api/client";
import { queries } from "../api/queries";
import type { Language, Me } from "../api/types";
import { speak } from "../i18n";
import { PauseDialog } from "../screens/screens";
import { say } from "../ui/Toasts";
import { errorWords } from "../words";
import { AlertBanner, useUnacknowledged } from "./AlertBanner";
import { Mark } from "./Mark";
import { useMe } from "./me";
import { PauseBanner } from "./PauseBanner";
import { LanguageSwitch, ThemeSwitch } from "./Preferences";

function useOnline(): boolean {
  const [online, setOnline] = useState(navigator.onLine);
  useEffect(() => {
    const update = () => setOnline(navigator.onLine);
    window.addEventListener("online", update);
    window.addEventListener("offline", update);
    return () => {
      window.removeEventListener("online", update);
      window.removeEventListener("offline", update);
    };
  }, []);
  return online;
}

/** In the order of the day. Composing has a place of its own. */
const PLACES = [
  "calendar",
  "inbox",
  "alerts",
  "approvals",
  "drafts",
  "attention",
  "campaigns",
  "reports",
  "profiles",
  "people",
] as const;
/** What one must be allowed to do to have any use of a place. */
const NEEDS: Partial<Record<Place, Act>> = {
  inbox: "inbox",
  alerts: "inbox",
  reports: "analyse",
  people: "administer",
};
type Place = (typeof PLACES)[number] | "compose";

/** What a thumb reaches first: at 3 a.m. that is what citizens say and what rings; the pause stands beside it always. */
function thumbPlaces(me: Me): Place[] {
  if (!may(me, "inbox")) return ["calendar", "attention", "compose"];
  return ["inbox", "alerts", may(me, "write") ? "compose" : "calendar"];
}

type NavItem = { to: string; label: string; icon: ReactNode; count?: number | undefined; className?: string };

function Count({ of: count }: { of: number }) {
  const { t } = useTranslation();
  return (
    <span className="nav__count">
      <span aria-hidden="true">{count > 99 ? "99+" : count}</span>
      <span className="visually-hidden">{t("nav.waiting", { count })}</span>
    </span>
  );
}

function NavLink({ to, label, icon, count, className }: NavItem) {
  const [location] = useLocation();
  const here = location === to || location.startsWith(`${to}/`);
  return (
    <Link href={to} className={`nav__link ${className ?? ""}`} aria-current={here ? "page" : undefined}>
      {icon}
      <span className="nav__label">{label}</span>
      {count !== undefined && count > 0 && <Count of={count} />}
    </Link>
  );
}

type Props = { children: ReactNode; onMe: (me: Me) => void; onSignOut: () => Promise<void> };

export function Shell({ children, onMe, onSignOut }: Props) {
  const { t } = useTranslation();
  const me = useMe();
  const online = useOnline();
  const [location] = useLocation();
  const [pausing, setPausing] = useState(false);
  const [more, setMore] = useState(false);
  const attention = useQuery(queries.attention());
  const approvals = useQuery(queries.approvals());
  const ringing = useUnacknowledged();
  const mayPause = may(me, "pause");

  // biome-ignore lint/correctness/useExhaustiveDependencies: the sheet closes whenever the place changes
  useEffect(() => setMore(false), [location]);

  async function changeLanguage(language: Language) {
    await speak(language);
    try {
      onMe(await api.patch<Me>("/me", { language }));
    } catch (error) {
      say(errorWords(t, error), "error");
    }
  }

  const items: Record<Place, NavItem> = {
    calendar: { to: "/calendar", label: t("nav.calendar"), icon: <CalendarDays size={19} aria-hidden="true" /> },
    inbox: { to: "/inbox", label: t("inbox.title"), icon: <Inbox size={19} aria-hidden="true" /> },
    alerts: {
      to: "/alerts",
      label: t("alerts.title"),
      icon: <Siren size={19} aria-hidden="true" />,
      count: ringing.length,
    },
    compose: { to: "/compose", label: t("nav.compose"), icon: <SquarePen size={19} aria-hidden="true" /> },
    drafts: { to: "/drafts", label: t("nav.drafts"), icon: <PencilLine size={19} aria-hidden="true" /> },
    attention: {
      to: "/attention",
      label: t("nav.attention"),
      icon: <TriangleAlert size={19} aria-hidden="true" />,
      count: attention.data?.length,
    },
    approvals: {
      to: "/approvals",
      label: t("nav.approvals"),
      icon: <ClipboardCheck size={19} aria-hidden="true" />,
      count: approvals.data?.filter((review) => review.mine).length,
    },
    reports: { to: "/reports", label: t("nav.reports"), icon: <ChartNoAxesColumn size={19} aria-hidden="true" /> },
    campaigns: { to: "/campaigns", label: t("nav.campaigns"), icon: <Flag size={19} aria-hidden="true" /> },
    people: { to: "/people", label: t("nav.people"), icon: <UserCog size={19} aria-hidden="true" /> },
    profiles: { to: "/profiles", label: t("nav.profiles"), icon: <Users size={19} aria-hidden="true" /> },
  };

  const places = PLACES.filter((place) => {
    const act = NEEDS[place];
    return act === undefined || may(me, act);
  });
  const thumb = thumbPlaces(me);
  const behind = places.filter((place) => !thumb.includes(place));
  const unseen = behind.reduce((sum, place) => sum + (items[place].count ?? 0), 0);

  const pauseButton = (className: string) => (
    <button
      type="button"
      className={className}
      aria-haspopup="dialog"
      disabled={!mayPause}
      title={mayPause ? undefined : t("pause.notYours")}
      onClick={() => setPausing(true)}
    >
      <OctagonPause size={19} aria-hidden="true" />
      <span className="nav__label">{t("pause.action")}</span>
    </button>
  );

  const account = (
    <div className="account">
      <div className="account__who">
        <p className="account__name">{me.name}</p>
        <p className="account__mail">{me.email}</p>
      </div>
      <div className="account__prefs">
        <LanguageSwitch onChange={changeLanguage} />
        <ThemeSwitch />
      </div>
      <NavLink
        to="/notifications"
        label={t("notifications.title")}
        icon={<Bell size={18} aria-hidden="true" />}
        className="account__link"
      />
      <NavLink
        to="/security"
        label={t("security.title")}
        icon={<ShieldCheck size={18} aria-hidden="true" />}
        className="account__link"
      />
      {me.second_factor.waived && !me.second_factor.enrolled && may(me, "administer") && (
        <p className="account__waived">{t("secondFactor.waivedShort")}</p>
      )}
      <button type="button" className="nav__link account__link" onClick={() => void onSignOut()}>
        <LogOut size={18} aria-hidden="true" />
        <span className="nav__label">{t("nav.signOut")}</span>
      </button>
    </div>
  );

  return (
    <div className="shell">
      <button type="button" className="skip" onClick={() => document.getElementById("main")?.focus()}>
        {t("nav.skip")}
      </button>
      <header className="side">
        <Link href="/calendar" className="side__brand">
          <Mark />
          <span className="side__names">
            <span className="side__agency">{me.agency.name}</span>
            <span className="side__product">Parvis</span>
          </span>
        </Link>
        <Link
          href="/compose"
          className="button button--primary side__compose"
          aria-current={location.startsWith("/compose") ? "page" : undefined}
        >
          {items.compose.icon}
          {items.compose.label}
        </Link>
        <nav className="nav" aria-label={t("nav.main")}>
          {places.map((place) => (
            <NavLink key={place} {...items[place]} />
          ))}
        </nav>
        <div className="side__end">
          {pauseButton("pause-button")}
          {account}
        </div>
      </header>

      <header className="top">
        <Link href="/calendar" className="top__brand">
          <Mark size={24} />
          <span className="top__agency">{me.agency.name}</span>
        </Link>
      </header>

      <div className="shell__main">
        {!online && (
          <div className="offline" role="status">
            <WifiOff size={16} aria-hidden="true" />
            {t("common.offline")}
          </div>
        )}
        <AlertBanner ringing={ringing} />
        <PauseBanner />
        <main id="main" tabIndex={-1}>
          {children}
        </main>
      </div>

      <div className="bottom">
        <nav className="bottom__nav" aria-label={t("nav.main")}>
          {thumb.map((place) => (
            <NavLink
              key={place}
              {...items[place]}
              {...(place === "attention" ? { label: t("nav.attentionShort") } : {})}
            />
          ))}
        </nav>
        {pauseButton("nav__link bottom__pause")}
        <button
          type="button"
          className="nav__link"
          aria-expanded={more}
          aria-controls="more-sheet"
          onClick={() => setMore(!more)}
        >
          <Ellipsis size={19} aria-hidden="true" />
          <span className="nav__label">{t("nav.more")}</span>
          {unseen > 0 && <Count of={unseen} />}
        </button>
      </div>
      {more && (
        <>
          <button type="button" className="more__shade" aria-label={t("common.close")} onClick={() => setMore(false)} />
          <section
            className="more"
            id="more-sheet"
            aria-label={t("nav.more")}
            onKeyDown={(event) => event.key === "Escape" && setMore(false)}
          >
            <nav aria-label={t("nav.more")}>
              {behind.map((place) => (
                <NavLink key={place} {...items[place]} />
              ))}
            </nav>
            {account}
          </section>
        </>
      )}

      {pausing && (
        <Suspense fallback={null}>
          <PauseDialog onClose={() => setPausing(false)} />
        </Suspense>
      )}
    </div>
  );
}
