import "../../styles/import.css";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { FileUp } from "lucide-react";
import { type FormEvent, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";
import { may } from "../../api/access";
import { ApiError, asApiError } from "../../api/client";
import { queries } from "../../api/queries";
import { useMe } from "../../shell/me";
import { knownZones, place } from "../../time/zones";
import { Button } from "../../ui/Button";
import { Choice, TextInput } from "../../ui/Field";
import { Notice } from "../../ui/Notice";
import { Page } from "../../ui/Page";
import { errorWords } from "../../words";
import { ImportRows } from "./ImportRows";
import { base64, FILE_BYTES_MAX, type Progress, sendSlices, tally } from "./importing";

const COLUMNS = ["date", "time", "text", "profiles", "campaign", "tags", "language", "link", "zone"] as const;
const REQUIRED: readonly string[] = ["date", "time", "text", "profiles"];

/** A browser does not read a file that was saved again since it was chosen. */
async function bytesOf(file: File): Promise<Uint8Array> {
  try {
    return new Uint8Array(await file.arrayBuffer());
  } catch {
    throw new ApiError(0, "file_changed");
  }
}

/** What the server said of the file, of its dry run or of the real one. */
type Run = { real: boolean; progress: Progress | null; busy: boolean; error: unknown };

/** Choose a file, see what would become of each row, then have it done. */
export default function Import() {
  const { t } = useTranslation();
  const me = useMe();
  const queryClient = useQueryClient();
  const own = me.departments.filter((candidate) => may(me, "write", candidate.id));
  const campaigns = useQuery(queries.campaigns());
  const [file, setFile] = useState<File | null>(null);
  const [department, setDepartment] = useState(own[0]?.id ?? "");
  const [campaign, setCampaign] = useState("");
  const [zone, setZone] = useState(me.agency.zone);
  const [tried, setTried] = useState(false);
  const [run, setRun] = useState<Run | null>(null);
  const [onlyBad, setOnlyBad] = useState(false);
  const turn = useRef(0);

  /** Whatever is chosen anew makes what was said of the file before untrue. */
  function forget() {
    turn.current += 1;
    setRun(null);
    setOnlyBad(false);
  }

  async function go(real: boolean, from: Progress | null) {
    if (!file) return;
    turn.current += 1;
    const mine = turn.current;
    const still = (change: (before: Run) => Run) =>
      setRun((before) => (turn.current === mine && before ? change(before) : before));
    setRun({ real, progress: from, busy: true, error: null });
    try {
      if (file.size > FILE_BYTES_MAX) throw new ApiError(0, "file_too_large");
      const content = base64(await bytesOf(file));
      await sendSlices(content, { department, campaign: campaign || null, zone }, !real, from, (progress) =>
        still((before) => ({ ...before, progress })),
      );
      still((before) => ({ ...before, busy: false }));
    } catch (error) {
      still((before) => ({ ...before, busy: false, error }));
    }
    if (real) await queryClient.invalidateQueries({ queryKey: ["calendar"] });
  }

  function check(event: FormEvent) {
    event.preventDefault();
    setTried(true);
    setOnlyBad(false);
    if (file && !run?.busy) void go(false, null);
  }

  const calendar = (
    <Link href="/calendar" className="button button--plain">
      {t("import.calendar")}
    </Link>
  );
  const working = run?.busy && run.real;
  return (
    <Page title={t("import.title")} lead={t("import.lead")} actions={calendar}>
      <form onSubmit={check} className="import-form" noValidate>
        <fieldset disabled={working} className="import-form__fields">
          <TextInput
            label={t("import.file")}
            type="file"
            accept=".csv,.tsv,.txt,text/csv"
            hint={t("import.fileHint")}
            error={tried && !file ? t("import.fileMissing") : undefined}
            onClick={(event) => {
              // A browser says nothing of the same file chosen again, which is what people do who have mended it.
              event.currentTarget.value = "";
              forget();
              setFile(null);
            }}
            onChange={(event) => {
              forget();
              setFile(event.target.files?.[0] ?? null);
            }}
          />
          <Choice
            label={t("compose.department")}
            value={department}
            onChange={(event) => {
              forget();
              setDepartment(event.target.value);
            }}
          >
            {own.map((candidate) => (
              <option key={candidate.id} value={candidate.id}>
                {candidate.name}
              </option>
            ))}
          </Choice>
          <Choice
            label={t("import.campaign")}
            value={campaign}
            onChange={(event) => {
              forget();
              setCampaign(event.target.value);
            }}
          >
            <option value="">{t("import.noCampaign")}</option>
            {(campaigns.data ?? []).map((candidate) => (
              <option key={candidate.id} value={candidate.id}>
                {candidate.name}
              </option>
            ))}
          </Choice>
          <Choice
            label={t("import.zone")}
            value={zone}
            onChange={(event) => {
              forget();
              setZone(event.target.value);
            }}
          >
            {knownZones(me.agency.zone).map((id) => (
              <option key={id} value={id}>
                {`${place(id)} (${id})`}
              </option>
            ))}
          </Choice>
        </fieldset>
        <details className="import-columns">
          <summary>{t("import.columns")}</summary>
          <p>{t("import.columnsLead")}</p>
          <dl>
            {COLUMNS.map((column) => (
              <div key={column}>
                <dt>
                  {t(`import.column.${column}`)}
                  {REQUIRED.includes(column) && <span className="muted"> {t("import.needed")}</span>}
                </dt>
                <dd>{t(`import.about.${column}`)}</dd>
              </div>
            ))}
          </dl>
        </details>
        {!run?.real && (
          <Button
            kind={run?.progress ? "plain" : "primary"}
            submit
            busy={run?.busy ?? false}
            icon={<FileUp size={17} aria-hidden="true" />}
          >
            {t("import.check")}
          </Button>
        )}
      </form>
      {run && <Result run={run} onlyBad={onlyBad} onOnlyBad={setOnlyBad} onGo={go} agencyZone={me.agency.zone} />}
    </Page>
  );
}

type ResultProps = {
  run: Run;
  onlyBad: boolean;
  onOnlyBad: (only: boolean) => void;
  onGo: (real: boolean, from: Progress | null) => void;
  agencyZone: string;
};

function Result({ run, onlyBad, onOnlyBad, onGo, agencyZone }: ResultProps) {
  const { t } = useTranslation();
  const { progress, real } = run;
  const rows = progress?.rows ?? [];
  const found = tally(rows);
  const good = found.scheduled + found.draft;
  const shown = onlyBad ? rows.filter((row) => row.outcome === "bad") : rows;
  const row = brokenAt(run.error);
  const caption = real ? t("import.done") : t("import.checked");
  const whole = progress !== null && progress.following === null && !run.busy && run.error === null;
  return (
    <section className="import-result" aria-label={caption}>
      {run.error !== null && (
        <Notice
          kind="error"
          title={progress ? t("import.broken") : t("import.refused")}
          actions={progress && <Button onClick={() => onGo(real, progress)}>{t("import.goOn")}</Button>}
        >
          <p>
            {errorWords(t, run.error)} {row && t("import.atRow", { row })}
          </p>
        </Notice>
      )}
      {progress && (
        <>
          <header className="import-result__head">
            <h2>{caption}</h2>
            <p className="muted">
              {t("import.read", {
                encoding: progress.head.encoding.toUpperCase(),
                separator: t(`import.separators.${progress.head.separator}`),
              })}
            </p>
          </header>
          <p className="import-result__progress" role="status">
            {t("import.progress", { done: rows.length, total: progress.head.total })}
          </p>
          {run.busy && <progress max={progress.head.total} value={rows.length} aria-label={caption} />}
          {progress.head.ignored_columns.length > 0 && (
            <p className="muted">{t("import.ignored", { names: progress.head.ignored_columns.join(", ") })}</p>
          )}
          <ul className="import-tally">
            {found.scheduled > 0 && (
              <li className="import-tally--good">
                {real
                  ? t("import.scheduled", { count: found.scheduled })
                  : t("import.willSchedule", { count: found.scheduled })}
              </li>
            )}
            {found.draft > 0 && (
              <li className="import-tally--draft">
                {real ? t("import.drafted", { count: found.draft }) : t("import.willDraft", { count: found.draft })}
              </li>
            )}
            {found.already > 0 && <li>{t("import.already", { count: found.already })}</li>}
            {found.bad > 0 && <li className="import-tally--bad">{t("import.bad", { count: found.bad })}</li>}
          </ul>
          {whole && !real && good === 0 && <p>{t("import.nothing")}</p>}
          {whole && found.bad > 0 && <p className="muted import-result__stay">{t("import.badStay")}</p>}
          <div className="import-result__bar">
            {whole && !real && good > 0 && (
              <Button kind="primary" onClick={() => onGo(true, null)}>
                {t("import.confirm", { count: good })}
              </Button>
            )}
            {(found.bad > 0 || onlyBad) && (
              <label className="check">
                <input type="checkbox" checked={onlyBad} onChange={(event) => onOnlyBad(event.target.checked)} />
                <span>{t("import.onlyBad")}</span>
              </label>
            )}
          </div>
          {shown.length > 0 ? (
            <ImportRows rows={shown} agencyZone={agencyZone} caption={caption} />
          ) : (
            <p className="muted">{t("import.noneBad")}</p>
          )}
        </>
      )}
    </section>
  );
}

/** Near which row a file is broken, where the API says so (`file/12`). */
const brokenAt = (error: unknown) => /^file\/(\d+)$/.exec(asApiError(error).field ?? "")?.[1];
