import "../../styles/reports.css";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Download, Link2 } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../../api/client";
import { queries } from "../../api/queries";
import type { Definition, Measured, Report, ReportFigures, ReportFile, ShareLink } from "../../api/types";
import { localeOf } from "../../i18n";
import { useMe } from "../../shell/me";
import { dateAndTime, dayAndTime, plainDate } from "../../time/format";
import { Button } from "../../ui/Button";
import { Empty, Loaded, Skeleton } from "../../ui/Loaded";
import { Modal } from "../../ui/Modal";
import { NetworkMark } from "../../ui/Network";
import { Notice } from "../../ui/Notice";
import { Page } from "../../ui/Page";
import { say } from "../../ui/Toasts";
import { errorWords } from "../../words";
import { Bars } from "./Bars";
import { change, figureOf, written } from "./numbers";

const FORMATS = ["pdf", "csv"] as const;
type Name = "likes";

function Totals({ figures, definitions }: { figures: ReportFigures; definitions: Definition[] }) {
  const { t, i18n } = useTranslation();
  const locale = localeOf(i18n.language);
  return (
    <dl className="totals">
      {figures.totals.map((measured: Measured) => {
        const moved = change(measured);
        const before = written(measured.name, measured.before, definitions, locale);
        return (
          <div key={measured.name} className="total">
            <dt>{t(`measures.${measured.name as Name}`)}</dt>
            <dd>
              <span className={measured.value === null ? "total__none" : "total__value"}>
                {written(measured.name, measured.value, definitions, locale) ?? t("reports.notGiven")}
              </span>
              <span className="total__before">
                {moved !== null && (
                  <span className={`total__change total__change--${moved >= 0 ? "up" : "down"}`}>
                    {new Intl.NumberFormat(locale, {
                      style: "percent",
                      maximumFractionDigits: 0,
                      signDisplay: "always",
                    }).format(moved)}{" "}
                  </span>
                )}
                {t("reports.before", { value: before ?? t("reports.notGiven") })}
              </span>
            </dd>
          </div>
        );
      })}
    </dl>
  );
}

function Table({
  report,
  figures,
  definitions,
}: {
  report: Report;
  figures: ReportFigures;
  definitions: Definition[];
}) {
  const { t, i18n } = useTranslation();
  const locale = localeOf(i18n.language);
  const posts = report.kind === "post_performance";
  const rows = posts
    ? [...figures.rows].sort(
        (one, other) => (figureOf(other.measures, "interactions") ?? 0) - (figureOf(one.measures, "interactions") ?? 0),
      )
    : figures.rows;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by the keyboard
    <section className="figures" tabIndex={0} aria-label={t(`reports.kinds.${report.kind}`)}>
      <table>
        <thead>
          <tr>
            <th scope="col">{t(posts ? "reports.post" : "reports.profile")}</th>
            {posts && <th scope="col">{t("reports.publishedAt")}</th>}
            {figures.columns.map((name) => (
              <th key={name} scope="col" className="figures__number">
                {t(`measures.${name as Name}`)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.id}>
              <th scope="row">
                {row.url ? (
                  <a href={row.url} target="_blank" rel="noreferrer">
                    <bdi>{row.label}</bdi>
                    <span className="visually-hidden"> {t("common.newTab")}</span>
                  </a>
                ) : (
                  <bdi>{row.label}</bdi>
                )}
                <span className="figures__who">
                  <NetworkMark network={row.network} size={12} /> <bdi>{row.handle}</bdi>
                </span>
              </th>
              {posts && <td>{row.at ? dayAndTime(row.at, report.zone, locale) : ""}</td>}
              {figures.columns.map((name) => {
                const value = written(name, figureOf(row.measures, name), definitions, locale);
                return (
                  <td key={name} className={`figures__number${value === null ? " figures__none" : ""}`}>
                    {value ?? t("reports.notGiven")}
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function ShareDialog({ report, onClose }: { report: Report; onClose: () => void }) {
  const { t, i18n } = useTranslation();
  const locale = localeOf(i18n.language);
  const me = useMe();
  const queryClient = useQueryClient();
  const links = useQuery(queries.shareLinks(report.id));
  const [made, setMade] = useState<ShareLink | null>(null);
  const [days, setDays] = useState(14);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);

  async function act(what: () => Promise<unknown>) {
    setBusy(true);
    setError(null);
    try {
      await what();
      await queryClient.invalidateQueries({ queryKey: queries.shareLinks(report.id).queryKey });
    } catch (problem) {
      setError(problem);
    }
    setBusy(false);
  }

  return (
    <Modal title={t("reports.share")} onClose={onClose}>
      <div className="modal__body">
        <p>{t("reports.shareWords")}</p>
        <div className="share__make">
          <label className="field">
            <span className="field__label">{t("reports.shareDays")}</span>
            <select
              className="input input--select"
              value={days}
              onChange={(event) => setDays(Number(event.target.value))}
            >
              {[1, 7, 14, 30, 90].map((count) => (
                <option key={count} value={count}>
                  {t("reports.days", { count })}
                </option>
              ))}
            </select>
          </label>
          <Button
            kind="primary"
            busy={busy}
            onClick={() =>
              act(async () =>
                setMade(await api.post<ShareLink>("/share-links", { report: report.id, format: "pdf", days })),
              )
            }
          >
            {t("reports.makeLink")}
          </Button>
        </div>
        {made?.url && (
          <Notice kind="success" title={t("reports.linkMade")}>
            <p className="share__url">{made.url}</p>
            <Button
              small
              onClick={async () => {
                await navigator.clipboard.writeText(made.url ?? "");
                say(t("reports.copied"));
              }}
            >
              {t("reports.copy")}
            </Button>
          </Notice>
        )}
        {error !== null && <Notice kind="error">{errorWords(t, error)}</Notice>}
        <Loaded query={links} rows={1}>
          {(found: ShareLink[]) => (
            <ul className="share__links">
              {found.map((link) => (
                <li key={link.id}>
                  <span>
                    {link.by.name} ·{" "}
                    {t("reports.until", { time: dateAndTime(link.expires_at, me.agency.zone, locale) })} ·{" "}
                    {t("reports.opened", { count: link.opened })}
                  </span>
                  {link.revoked ? (
                    <span className="muted">{t("reports.revoked")}</span>
                  ) : (
                    <Button small kind="danger-quiet" onClick={() => act(() => api.delete(`/share-links/${link.id}`))}>
                      {t("reports.revoke")}
                    </Button>
                  )}
                </li>
              ))}
            </ul>
          )}
        </Loaded>
      </div>
    </Modal>
  );
}

function ReportView({ report }: { report: Report }) {
  const { t, i18n } = useTranslation();
  const locale = localeOf(i18n.language);
  const me = useMe();
  const definitions = useQuery(queries.definitions());
  const [sharing, setSharing] = useState(false);
  const [busy, setBusy] = useState<string | null>(null);
  const figures = report.figures;

  async function download(format: (typeof FORMATS)[number]) {
    setBusy(format);
    try {
      const file = await api.get<ReportFile>(`/reports/${report.id}/files/${format}`);
      window.location.assign(file.url);
    } catch (error) {
      say(errorWords(t, error), "error");
    }
    setBusy(null);
  }

  return (
    <Page
      title={t(`reports.kinds.${report.kind}`)}
      lead={
        <p>
          {t("reports.span", { first: plainDate(report.first, locale), last: plainDate(report.last, locale) })}
          {figures?.measured_at && (
            <span className="muted">
              {" · "}
              {t("reports.measured", { time: dateAndTime(figures.measured_at, me.agency.zone, locale) })}
            </span>
          )}
        </p>
      }
      actions={
        report.state === "ready" && (
          <>
            {FORMATS.map((format) => (
              <Button
                key={format}
                small
                busy={busy === format}
                icon={<Download size={15} aria-hidden="true" />}
                onClick={() => download(format)}
              >
                {t(`reports.formats.${format}`)}
              </Button>
            ))}
            <Button small icon={<Link2 size={15} aria-hidden="true" />} onClick={() => setSharing(true)}>
              {t("reports.share")}
            </Button>
          </>
        )
      }
    >
      {report.state === "building" && (
        <>
          <p role="status">{t("reports.building")}</p>
          <Skeleton rows={4} />
        </>
      )}
      {report.state === "failed" && (
        <Notice kind="error" title={t("reports.failed")}>
          <p>{t("reports.failedWords")}</p>
        </Notice>
      )}
      {figures && definitions.data && (
        <div className="report">
          <Totals figures={figures} definitions={definitions.data} />
          <Bars figures={figures} />
          {figures.rows.length === 0 ? (
            <Empty title={t("reports.nothing")}>
              <p>{t("reports.nothingWords")}</p>
            </Empty>
          ) : (
            <Table report={report} figures={figures} definitions={definitions.data} />
          )}
          <details className="report__definitions">
            <summary>{t("reports.definitions")}</summary>
            <dl>
              {figures.columns.map((name) => (
                <div key={name}>
                  <dt>{t(`measures.${name as Name}`)}</dt>
                  <dd>{t(`meanings.${name as Name}`)}</dd>
                </div>
              ))}
            </dl>
            <p className="muted">{t("reports.notGivenNote")}</p>
          </details>
        </div>
      )}
      {sharing && <ShareDialog report={report} onClose={() => setSharing(false)} />}
    </Page>
  );
}

export default function ReportPage({ id }: { id: string }) {
  const report = useQuery(queries.report(id));
  return <Loaded query={report}>{(found: Report) => <ReportView report={found} />}</Loaded>;
}
