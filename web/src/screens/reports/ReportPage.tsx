import "../../styles/reports.css";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { ArrowDown, ArrowUp, Copy, Download, Link2 } from "lucide-react";
import { useRef, useState, useSyncExternalStore } from "react";
import { useTranslation } from "react-i18next";
import { useLocation } from "wouter";
import { api } from "../../api/client";
import { queries } from "../../api/queries";
import type { Definition, Measured, Report, ReportFigures, ReportFile, ReportRow, ShareLink } from "../../api/types";
import { localeOf } from "../../i18n";
import { useMe } from "../../shell/me";
import { dateAndTime, dateRange, dayAndTime } from "../../time/format";
import { Button } from "../../ui/Button";
import { Choice } from "../../ui/Field";
import { Empty, Loaded, Skeleton } from "../../ui/Loaded";
import { Modal } from "../../ui/Modal";
import { NetworkMark } from "../../ui/Network";
import { Notice } from "../../ui/Notice";
import { Page } from "../../ui/Page";
import { say } from "../../ui/Toasts";
import { errorWords } from "../../words";
import { Bars } from "./Bars";
import { change, figureOf, given, inOrder, written } from "./numbers";

const FORMATS = ["pdf", "csv"] as const;
const NARROW = "(max-width: 47.99rem)";
type Name = "likes";
type Sorted = { by: string; down: boolean };

function useNarrow(): boolean {
  return useSyncExternalStore(
    (changed) => {
      const query = window.matchMedia(NARROW);
      query.addEventListener("change", changed);
      return () => query.removeEventListener("change", changed);
    },
    () => window.matchMedia(NARROW).matches,
  );
}

type Shown = { report: Report; figures: ReportFigures; columns: string[]; definitions: Definition[] };

function Totals({ figures, columns, definitions }: Shown) {
  const { t, i18n } = useTranslation();
  const locale = localeOf(i18n.language);
  const percent = new Intl.NumberFormat(locale, {
    style: "percent",
    maximumFractionDigits: 0,
    signDisplay: "exceptZero",
  });
  return (
    <dl className="totals">
      {figures.totals
        .filter(({ name }) => columns.includes(name))
        .map((measured: Measured) => {
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
                    <span className="total__change">{percent.format(moved).replace("-", "\u2212")} </span>
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

function Label({ row }: { row: ReportRow }) {
  const { t } = useTranslation();
  const words = <bdi>{row.label || t("calendar.noWords")}</bdi>;
  return (
    <>
      <span className="figures__label">
        {row.url ? (
          <a href={row.url} target="_blank" rel="noreferrer">
            {words}
            <span className="visually-hidden"> {t("common.newTab")}</span>
          </a>
        ) : (
          words
        )}
      </span>
      <span className="figures__who">
        <NetworkMark network={row.network} size={12} /> <bdi>{row.handle}</bdi>
      </span>
    </>
  );
}

function Rows({ report, figures, columns, definitions }: Shown) {
  const { t, i18n } = useTranslation();
  const locale = localeOf(i18n.language);
  const narrow = useNarrow();
  const posts = report.kind === "post_performance";
  const [sorted, setSorted] = useState<Sorted>({ by: posts ? "interactions" : "label", down: posts });
  const rows = inOrder(figures.rows, sorted.by, sorted.down, locale);
  const name = (column: string) =>
    column === "label"
      ? t(posts ? "reports.post" : "reports.profile")
      : column === "at"
        ? t("reports.publishedAt")
        : t(`measures.${column as Name}`);
  const all = ["label", ...(posts ? ["at"] : []), ...columns];
  const figure = (row: ReportRow, column: string) =>
    written(column, figureOf(row.measures, column), definitions, locale);

  if (narrow) {
    return (
      <section className="cards" aria-label={t(posts ? "reports.posts" : "reports.profiles")}>
        <Choice
          label={t("reports.sort")}
          value={sorted.by}
          onChange={(event) => setSorted({ by: event.target.value, down: event.target.value !== "label" })}
        >
          {all.map((column) => (
            <option key={column} value={column}>
              {name(column)}
            </option>
          ))}
        </Choice>
        <ul className="cards__list">
          {rows.map((row) => (
            <li key={row.id} className="figure-card">
              <Label row={row} />
              {row.at && <p className="figure-card__at">{dayAndTime(row.at, report.zone, locale)}</p>}
              <dl>
                {columns.map((column) => {
                  const value = figure(row, column);
                  return (
                    <div key={column}>
                      <dt>{name(column)}</dt>
                      <dd className={value === null ? "figures__none" : undefined}>{value ?? t("reports.notGiven")}</dd>
                    </div>
                  );
                })}
              </dl>
            </li>
          ))}
        </ul>
      </section>
    );
  }
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by the keyboard
    <section className="figures" tabIndex={0} aria-label={t(posts ? "reports.posts" : "reports.profiles")}>
      <table>
        <thead>
          <tr>
            {all.map((column) => {
              const here = sorted.by === column;
              return (
                <th
                  key={column}
                  scope="col"
                  aria-sort={here ? (sorted.down ? "descending" : "ascending") : undefined}
                  className={columns.includes(column) ? "figures__number" : undefined}
                >
                  <button
                    type="button"
                    className="figures__sort"
                    onClick={() => setSorted({ by: column, down: here ? !sorted.down : column !== "label" })}
                  >
                    {name(column)}
                    {here &&
                      (sorted.down ? (
                        <ArrowDown size={13} aria-hidden="true" />
                      ) : (
                        <ArrowUp size={13} aria-hidden="true" />
                      ))}
                  </button>
                </th>
              );
            })}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.id}>
              <th scope="row">
                <Label row={row} />
              </th>
              {posts && <td className="figures__at">{row.at ? dayAndTime(row.at, report.zone, locale) : ""}</td>}
              {columns.map((column) => {
                const value = figure(row, column);
                return (
                  <td key={column} className={`figures__number${value === null ? " figures__none" : ""}`}>
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
          <Choice label={t("reports.shareDays")} value={days} onChange={(event) => setDays(Number(event.target.value))}>
            {[1, 7, 14, 30, 90].map((count) => (
              <option key={count} value={count}>
                {t("reports.days", { count })}
              </option>
            ))}
          </Choice>
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
              icon={<Copy size={15} aria-hidden="true" />}
              onClick={() =>
                navigator.clipboard.writeText(made.url ?? "").then(
                  () => say(t("reports.copied")),
                  () => say(t("reports.notCopied"), "error"), // the browser may refuse; the words can be selected
                )
              }
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
                  <p>
                    <bdi>{link.by.name}</bdi>
                    <span className="muted">
                      {t("reports.until", { time: dateAndTime(link.expires_at, me.agency.zone, locale) })} ·{" "}
                      {t("reports.opened", { count: link.opened })}
                    </span>
                  </p>
                  {link.revoked ? (
                    <span className="review__state review__state--withdrawn">{t("reports.revoked")}</span>
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
  const key = useRef(crypto.randomUUID());
  const [, navigate] = useLocation();
  const queryClient = useQueryClient();
  const figures = report.figures;
  const nothing = figures !== null && figures.rows.length === 0;
  // A column without any figure says nothing in forty rows: it is named once, below.
  const columns = figures ? given(figures) : [];
  const absent = figures?.columns.filter((name) => !columns.includes(name)) ?? [];

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

  async function again() {
    setBusy("again");
    const { kind, first, last, profiles, language } = report;
    try {
      const made = await api.post<Report>(
        "/reports",
        { kind, first, last, profiles, language },
        { idempotencyKey: key.current },
      );
      await queryClient.invalidateQueries({ queryKey: queries.reports().queryKey, exact: true });
      navigate(`/reports/${made.id}`);
    } catch (error) {
      say(errorWords(t, error), "error");
      key.current = crypto.randomUUID();
      setBusy(null);
    }
  }

  return (
    <Page
      title={t(`reports.kinds.${report.kind}`)}
      lead={
        <p>
          {dateRange(report.first, report.last, locale)}
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
        <Notice
          kind="error"
          title={t("reports.failed")}
          actions={
            <Button small busy={busy === "again"} onClick={again}>
              {t("reports.again")}
            </Button>
          }
        >
          <p>{t("reports.failedWords")}</p>
        </Notice>
      )}
      {figures && !definitions.data && <Loaded query={definitions}>{() => null}</Loaded>}
      {figures && definitions.data && (
        <div className="report">
          {nothing ? (
            <Empty title={t("reports.nothing")}>
              <p>{t("reports.nothingWords")}</p>
            </Empty>
          ) : (
            <>
              <Totals report={report} figures={figures} columns={columns} definitions={definitions.data} />
              <Bars figures={figures} first={report.first} last={report.last} />
              <Rows report={report} figures={figures} columns={columns} definitions={definitions.data} />
              {absent.length > 0 && (
                <p className="muted report__absent">
                  {t("reports.absent", { names: absent.map((name) => t(`measures.${name as Name}`)).join(", ") })}
                </p>
              )}
            </>
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
  return <Loaded query={report}>{(found: Report) => <ReportView key={found.id} report={found} />}</Loaded>;
}
