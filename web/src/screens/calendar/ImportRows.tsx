import { useQuery } from "@tanstack/react-query";
import { CircleAlert, CircleCheck, History, PencilLine } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";
import { queries } from "../../api/queries";
import type { ImportedRow, Profile, RowProblem } from "../../api/types";
import { localeOf } from "../../i18n";
import { dateAndTime } from "../../time/format";
import { place } from "../../time/zones";
import { Button } from "../../ui/Button";
import { calledBy, NetworkMark, networkName } from "../../ui/Network";
import { codeWords } from "../../words";

const AT_ONCE = 200;

type Props = { rows: readonly ImportedRow[]; agencyZone: string; caption: string };

/** A table on a desk, a list of cards on a phone. */
export function ImportRows({ rows, agencyZone, caption }: Props) {
  const { t } = useTranslation();
  const [shown, setShown] = useState(AT_ONCE);
  const profiles = useQuery(queries.profiles());
  const known = new Map((profiles.data ?? []).map((profile) => [profile.id, profile]));
  const left = rows.length - shown;
  return (
    <>
      <table className="import-rows">
        <caption className="visually-hidden">{caption}</caption>
        <thead>
          <tr>
            <th scope="col">{t("import.row")}</th>
            <th scope="col">{t("import.when")}</th>
            <th scope="col">{t("import.profiles")}</th>
            <th scope="col">{t("import.text")}</th>
            <th scope="col">{t("import.outcome")}</th>
          </tr>
        </thead>
        <tbody>
          {rows.slice(0, shown).map((row) => (
            <Row key={row.row} row={row} known={known} agencyZone={agencyZone} />
          ))}
        </tbody>
      </table>
      {left > 0 && (
        <Button className="import-rows__more" onClick={() => setShown(shown + AT_ONCE)}>
          {t("import.more", { count: Math.min(left, AT_ONCE) })}
        </Button>
      )}
    </>
  );
}

type RowProps = { row: ImportedRow; known: Map<string, Profile>; agencyZone: string };

function Row({ row, known, agencyZone }: RowProps) {
  const { t, i18n } = useTranslation();
  return (
    <tr className={`import-row import-row--${row.outcome}`}>
      <th scope="row" className="import-row__number">
        <span className="import-row__label">{t("import.row")} </span>
        {row.row}
      </th>
      <td className="import-row__when">
        {row.due_at ? dateAndTime(row.due_at, row.zone, localeOf(i18n.language)) : "–"}
        {row.due_at && row.zone !== agencyZone && <span className="muted"> {place(row.zone)}</span>}
      </td>
      <td className="import-row__profiles">
        {row.profiles.length === 0 && <span className="import-row__none">–</span>}
        {row.profiles.map((id) => {
          const profile = known.get(id);
          return (
            profile && (
              <span key={id} className="import-row__profile">
                <NetworkMark network={profile.network} size={14} />
                <bdi>{calledBy(profile)}</bdi>
              </span>
            )
          );
        })}
      </td>
      <td className="import-row__text" dir="auto">
        {row.title || <span className="muted">{t("calendar.noWords")}</span>}
      </td>
      <td className="import-row__outcome">
        <Outcome row={row} known={known} />
      </td>
    </tr>
  );
}

function Outcome({ row, known }: { row: ImportedRow; known: Map<string, Profile> }) {
  const { t } = useTranslation();
  const open = row.post && (
    <Link href={`/posts/${row.post}`} className="import-row__open">
      {t("import.open")}
    </Link>
  );
  if (row.outcome === "bad") {
    return (
      <ul className="import-row__problems">
        {row.problems.map((problem) => (
          <li key={`${problem.column} ${problem.code} ${problem.profile} ${problem.value}`}>
            <CircleAlert size={15} aria-hidden="true" />
            <Problem problem={problem} known={known} />
          </li>
        ))}
      </ul>
    );
  }
  if (row.outcome === "already_imported" || row.becomes === null) {
    return (
      <p className="import-row__said">
        <History size={15} aria-hidden="true" />
        <span>
          {t("import.known")} {open}
        </span>
      </p>
    );
  }
  const because = row.because === "approval_required" || row.because === "may_not_publish" ? row.because : null;
  return (
    <p className={`import-row__said import-row__said--${row.becomes}`}>
      {row.becomes === "draft" ? (
        <PencilLine size={15} aria-hidden="true" />
      ) : (
        <CircleCheck size={15} aria-hidden="true" />
      )}
      <span>
        {row.post ? t(`import.become.${row.becomes}`) : t(`import.wouldBecome.${row.becomes}`)} {open}
        {because && <span className="import-row__because">{t(`import.because.${because}`)}</span>}
      </span>
    </p>
  );
}

function Problem({ problem, known }: { problem: RowProblem; known: Map<string, Profile> }) {
  const { t } = useTranslation();
  const profile = problem.profile ? known.get(problem.profile) : undefined;
  const column = problem.column as "text";
  const where = profile ? `${networkName(profile.network)} (${calledBy(profile)})` : t(`import.column.${column}`);
  return (
    <span>
      <strong>{where}</strong>
      {problem.value && <q className="import-row__value">{problem.value}</q>} {codeWords(t, problem.code)}
    </span>
  );
}
