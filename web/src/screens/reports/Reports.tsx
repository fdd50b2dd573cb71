import "../../styles/reports.css";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import { type FormEvent, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { Link, useLocation } from "wouter";
import { api } from "../../api/client";
import { queries } from "../../api/queries";
import type { NewReport, Profile, Report, ReportSummary } from "../../api/types";
import { localeOf } from "../../i18n";
import { useMe } from "../../shell/me";
import { dateAndTime, dateRange } from "../../time/format";
import { dayOf } from "../../time/zones";
import { Button } from "../../ui/Button";
import { Choice, TextInput } from "../../ui/Field";
import { Empty, Loaded } from "../../ui/Loaded";
import { Modal } from "../../ui/Modal";
import { NetworkMark, networkName } from "../../ui/Network";
import { Notice } from "../../ui/Notice";
import { Page } from "../../ui/Page";
import { errorWords } from "../../words";

const KINDS = ["post_performance", "profile_performance"] as const;
const SPANS = [1, 7, 30, 90] as const;

function AskDialog({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const me = useMe();
  const [, navigate] = useLocation();
  const queryClient = useQueryClient();
  const profiles = useQuery(queries.profiles());
  const key = useRef(crypto.randomUUID());
  const today = dayOf(Date.now(), me.agency.zone);
  const [kind, setKind] = useState<NewReport["kind"]>("post_performance");
  const [first, setFirst] = useState(today.subtract({ days: 6 }).toString());
  const [last, setLast] = useState(today.toString());
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const [language, setLanguage] = useState(me.language);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const start = (days: number) => today.subtract({ days: days - 1 }).toString();
  const backwards = first !== "" && last !== "" && last < first;

  async function submit(event: FormEvent) {
    event.preventDefault();
    if (busy || backwards || first === "" || last === "") return;
    setBusy(true);
    setError(null);
    try {
      const report = await api.post<Report>(
        "/reports",
        { kind, first, last, profiles: [...chosen], language },
        { idempotencyKey: key.current },
      );
      await queryClient.invalidateQueries({ queryKey: ["reports"] });
      navigate(`/reports/${report.id}`);
    } catch (problem) {
      setError(problem);
      setBusy(false);
      key.current = crypto.randomUUID();
    }
  }

  const toggle = (id: string) => {
    const next = new Set(chosen);
    if (!next.delete(id)) next.add(id);
    setChosen(next);
  };

  return (
    <Modal title={t("reports.new")} onClose={onClose}>
      <form onSubmit={submit} className="modal__form" noValidate>
        <div className="modal__body">
          <fieldset className="options">
            <legend>{t("reports.about")}</legend>
            <div className="reports__choices">
              {KINDS.map((value) => (
                <label key={value} className="option reports__kind">
                  <input type="radio" name="kind" checked={kind === value} onChange={() => setKind(value)} />
                  <span>
                    {t(`reports.kinds.${value}`)}
                    <span className="field__hint">{t(`reports.kindWords.${value}`)}</span>
                  </span>
                </label>
              ))}
            </div>
          </fieldset>
          <fieldset className="switch reports__spans">
            <legend className="visually-hidden">{t("reports.period")}</legend>
            {SPANS.map((days) => (
              <button
                key={days}
                type="button"
                className="switch__option"
                aria-pressed={first === start(days) && last === today.toString()}
                onClick={() => {
                  setFirst(start(days));
                  setLast(today.toString());
                }}
              >
                {t("reports.lastDays", { count: days })}
              </button>
            ))}
          </fieldset>
          <div className="pair">
            <TextInput
              label={t("reports.first")}
              type="date"
              value={first}
              max={today.toString()}
              onChange={(event) => setFirst(event.target.value)}
            />
            <TextInput
              label={t("reports.last")}
              type="date"
              value={last}
              error={backwards ? t("errors.period_invalid") : undefined}
              onChange={(event) => setLast(event.target.value)}
            />
          </div>
          <fieldset className="options">
            <legend>{t("reports.profiles")}</legend>
            <div className="reports__choices reports__profiles">
              {(profiles.data ?? []).map((profile: Profile) => (
                <label key={profile.id} className="option">
                  <input type="checkbox" checked={chosen.has(profile.id)} onChange={() => toggle(profile.id)} />
                  <NetworkMark network={profile.network} size={14} />
                  <span>{profile.handle}</span>
                </label>
              ))}
            </div>
            <p className="field__hint">{t("reports.profilesHint")}</p>
          </fieldset>
          <Choice
            label={t("reports.language")}
            value={language}
            onChange={(event) => setLanguage(event.target.value as typeof language)}
          >
            {(["fr", "en"] as const).map((each) => (
              <option key={each} value={each}>
                {t(`prefs.languages.${each}`)}
              </option>
            ))}
          </Choice>
          {error !== null && <Notice kind="error">{errorWords(t, error)}</Notice>}
        </div>
        <footer className="modal__foot">
          <Button onClick={onClose}>{t("common.cancel")}</Button>
          <Button kind="primary" submit busy={busy}>
            {t("reports.make")}
          </Button>
        </footer>
      </form>
    </Modal>
  );
}

export default function Reports() {
  const { t, i18n } = useTranslation();
  const locale = localeOf(i18n.language);
  const me = useMe();
  const reports = useQuery(queries.reports());
  const profiles = useQuery(queries.profiles());
  const [asking, setAsking] = useState(false);
  const add = (
    <Button kind="primary" icon={<Plus size={17} aria-hidden="true" />} onClick={() => setAsking(true)}>
      {t("reports.new")}
    </Button>
  );
  const about = (report: ReportSummary) => {
    const named = report.profiles.flatMap((id) => profiles.data?.find((profile) => profile.id === id) ?? []);
    if (named.length > 1 && named.length === profiles.data?.length) return t("reports.allProfiles");
    const shown = named.slice(0, 2).map((profile) => `${networkName(profile.network)} ${profile.handle}`);
    return named.length > 2
      ? t("reports.andMore", { names: shown.join(", "), count: named.length - 2 })
      : shown.join(", ");
  };
  return (
    <Page title={t("nav.reports")} lead={t("reports.lead")} actions={reports.data?.length ? add : undefined}>
      <Loaded query={reports}>
        {(found: ReportSummary[]) =>
          found.length === 0 ? (
            <Empty title={t("reports.empty")} action={add}>
              <p>{t("reports.emptyWords")}</p>
            </Empty>
          ) : (
            <ul className="reports">
              {found.map((report) => (
                <li key={report.id} className="reports__row">
                  <Link href={`/reports/${report.id}`} className="reports__title">
                    {t(`reports.kinds.${report.kind}`)}
                  </Link>
                  <p className="reports__span">{dateRange(report.first, report.last, locale)}</p>
                  <p className="muted">
                    <bdi>{about(report)}</bdi>
                  </p>
                  <p className="muted">
                    {t("reports.askedBy", {
                      name: report.asked_by.name,
                      time: dateAndTime(report.asked_at, me.agency.zone, locale),
                    })}
                  </p>
                  <span className={`review__state review__state--${report.state}`}>
                    {t(`reports.states.${report.state}`)}
                  </span>
                </li>
              ))}
            </ul>
          )
        }
      </Loaded>
      {asking && <AskDialog onClose={() => setAsking(false)} />}
    </Page>
  );
}
