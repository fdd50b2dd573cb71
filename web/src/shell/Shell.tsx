import { useQuery } from "@tanstack/react-query";
import {
  CalendarDays,
  ChartNoAxesColumn,
  ClipboardCheck,
  Ellipsis,
  Flag,
  LogOut,
  OctagonPause,
  PencilLine,
  SquarePen,
  TriangleAlert,
  Users,
  WifiOff,
} from "lucide-react";
import { type ReactNode, Suspense, useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { Link, useLocation } from "wouter";
import { may } from "../api/access";
import { api } from "../api/client";
import { queries } from "../api/queries";
import type { Language, Me } from "../api/types";
import { speak } from "../i18n";
import { PauseDialog } from "../screens/screens";
import { say } from "../ui/Toasts";
import { errorWords } from "../words";
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

type NavItem = { to: string; label: string; icon: ReactNode; count?: number | undefined };

function NavLink({ to, label, icon, count }: NavItem) {
  const { t } = useTranslation();
  const [location] = useLocation();
  const here = location === to || location.startsWith(`${to}/`);
  return (
    <Link href={to} className="nav__link" aria-current={here ? "page" : undefined}>
      {icon}
      <span className="nav__label">{label}</span>
      {count !== undefined && count > 0 && (
        <span className="nav__count">
          <span aria-hidden="true">{count > 99 ? "99+" : count}</span>
          <span className="visually-hidden">{t("nav.waiting", { count })}</span>
        </span>
      )}
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

  const items: Record<
    "calendar" | "compose" | "drafts" | "attention" | "approvals" | "campaigns" | "reports" | "profiles",
    NavItem
  > = {
    calendar: { to: "/calendar", label: t("nav.calendar"), icon: <CalendarDays size={19} aria-hidden="true" /> },
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
    profiles: { to: "/profiles", label: t("nav.profiles"), icon: <Users size={19} aria-hidden="true" /> },
  };

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
      <button type="button" className="nav__link account__out" onClick={() => void onSignOut()}>
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
          <NavLink {...items.calendar} />
          <NavLink {...items.drafts} />
          <NavLink {...items.approvals} />
          <NavLink {...items.attention} />
          <NavLink {...items.campaigns} />
          {may(me, "analyse") && <NavLink {...items.reports} />}
          <NavLink {...items.profiles} />
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
        <PauseBanner />
        <main id="main" tabIndex={-1}>
          {children}
        </main>
      </div>

      <div className="bottom">
        <nav className="bottom__nav" aria-label={t("nav.main")}>
          <NavLink {...items.calendar} />
          <NavLink {...items.attention} label={t("nav.attentionShort")} />
          <NavLink {...items.compose} />
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
              <NavLink {...items.approvals} />
              <NavLink {...items.drafts} />
              <NavLink {...items.campaigns} />
              {may(me, "analyse") && <NavLink {...items.reports} />}
              <NavLink {...items.profiles} />
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
