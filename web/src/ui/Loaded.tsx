import type { UseQueryResult } from "@tanstack/react-query";
import { RotateCw } from "lucide-react";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { errorWords } from "../words";
import { Button } from "./Button";
import { Notice } from "./Notice";

export function Skeleton({ rows = 6 }: { rows?: number }) {
  const { t } = useTranslation();
  return (
    <div className="skeleton" role="status">
      <span className="visually-hidden">{t("common.loading")}</span>
      {Array.from({ length: rows }, (_, row) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the rows are all alike and never move
        <span className="skeleton__row" key={row} />
      ))}
    </div>
  );
}

type Props<T> = { query: UseQueryResult<T>; rows?: number; children: (data: T) => ReactNode };

/** What was asked for; or its outline while it comes; or why it did not come, and a way to ask again. */
export function Loaded<T>({ query, rows, children }: Props<T>) {
  const { t } = useTranslation();
  const retry = (
    <Button
      small
      icon={<RotateCw size={15} aria-hidden="true" />}
      busy={query.isFetching}
      onClick={() => query.refetch()}
    >
      {t("common.retry")}
    </Button>
  );
  if (query.data === undefined) {
    if (query.isError) {
      return (
        <Notice kind="error" title={t("common.notLoaded")} actions={retry}>
          <p>{errorWords(t, query.error)}</p>
        </Notice>
      );
    }
    return <Skeleton {...(rows === undefined ? {} : { rows })} />;
  }
  return (
    <>
      {query.isError && (
        <Notice kind="warning" actions={retry}>
          <p>{t("common.notFresh", { why: errorWords(t, query.error) })}</p>
        </Notice>
      )}
      {children(query.data)}
    </>
  );
}

export function Empty({ title, children, action }: { title: string; children?: ReactNode; action?: ReactNode }) {
  return (
    <div className="empty">
      <svg className="empty__mark" viewBox="0 0 72 40" aria-hidden="true">
        <path d="M20 26a16 16 0 0 1 32 0v2h-6v-2a10 10 0 0 0-20 0v2h-6zM6 32h18v5H6zM27 32h18v5H27zM48 32h18v5H48z" />
      </svg>
      <h2 className="empty__title">{title}</h2>
      {children && <div className="empty__words">{children}</div>}
      {action && <div className="empty__action">{action}</div>}
    </div>
  );
}
