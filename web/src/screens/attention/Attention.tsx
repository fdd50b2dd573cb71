import "../../styles/post.css";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Suspense, useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";
import { may } from "../../api/access";
import { api } from "../../api/client";
import { queries } from "../../api/queries";
import type { Delivery, Schedule } from "../../api/types";
import { localeOf } from "../../i18n";
import { useMe } from "../../shell/me";
import { dayAndTime, relative } from "../../time/format";
import { Button } from "../../ui/Button";
import { Confirm } from "../../ui/Confirm";
import { Empty, Loaded } from "../../ui/Loaded";
import { NetworkMark, networkName } from "../../ui/Network";
import { Notice } from "../../ui/Notice";
import { Page } from "../../ui/Page";
import { StateBadge } from "../../ui/State";
import { say } from "../../ui/Toasts";
import { errorWords, reasonWords } from "../../words";
import { RescheduleDialog } from "../screens";
import { DeliveryActions } from "./DeliveryActions";

type Failure = { delivery: Delivery; error: unknown };
type Progress = { done: number; all: number };

export default function Attention() {
  const { t, i18n } = useTranslation();
  const locale = localeOf(i18n.language);
  const me = useMe();
  const queryClient = useQueryClient();
  const waiting = useQuery(queries.attention());
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const [open, setOpen] = useState<"release" | "drop" | "reschedule" | null>(null);
  const [progress, setProgress] = useState<Progress | null>(null);
  const [failures, setFailures] = useState<Failure[]>([]);
  const mayAct = may(me, "publish");

  // What cannot be proven needs a look at the network, one by one: it is never released in bulk.
  const inBulk = (waiting.data ?? []).filter((delivery) => delivery.state !== "unconfirmed");
  const selected = inBulk.filter((delivery) => chosen.has(delivery.id));
  const zone = me.agency.zone;

  async function forEach(path: string, body: unknown, words: (count: number) => string) {
    const failed: Failure[] = [];
    setFailures([]);
    for (const [index, delivery] of selected.entries()) {
      setProgress({ done: index, all: selected.length });
      try {
        await api.post<Delivery>(`/deliveries/${delivery.id}/${path}`, body);
      } catch (error) {
        failed.push({ delivery, error });
      }
    }
    setProgress(null);
    setFailures(failed);
    setChosen(new Set(failed.map(({ delivery }) => delivery.id)));
    if (selected.length > failed.length) say(words(selected.length - failed.length));
    await queryClient.invalidateQueries({ queryKey: ["attention"] });
    await queryClient.invalidateQueries({ queryKey: ["posts"] });
  }

  const toggle = (id: string) => {
    const next = new Set(chosen);
    if (!next.delete(id)) next.add(id);
    setChosen(next);
  };

  const close = () => setOpen(null);
  const bar = progress && (
    <progress
      className="bulk__progress"
      max={progress.all}
      value={progress.done}
      aria-label={t("attention.progress", progress)}
    />
  );

  return (
    <Page title={t("nav.attention")} lead={t("attention.lead")}>
      <Loaded query={waiting}>
        {(found: Delivery[]) =>
          found.length === 0 ? (
            <Empty title={t("attention.empty")}>
              <p>{t("attention.emptyWords")}</p>
            </Empty>
          ) : (
            <>
              {mayAct && inBulk.length > 1 && (
                <div className="bulk">
                  <label className="bulk__all">
                    <input
                      type="checkbox"
                      checked={selected.length === inBulk.length}
                      ref={(box) => {
                        if (box) box.indeterminate = selected.length > 0 && selected.length < inBulk.length;
                      }}
                      onChange={() =>
                        setChosen(
                          selected.length === inBulk.length
                            ? new Set()
                            : new Set(inBulk.map((delivery) => delivery.id)),
                        )
                      }
                    />
                    {selected.length > 0
                      ? t("attention.selected", { count: selected.length })
                      : t("attention.selectAll")}
                  </label>
                  {selected.length > 0 && (
                    <div className="bulk__acts">
                      <Button small kind="primary" onClick={() => setOpen("release")}>
                        {t("attention.release")}
                      </Button>
                      <Button small onClick={() => setOpen("reschedule")}>
                        {t("post.reschedule")}
                      </Button>
                      <Button small kind="danger-quiet" onClick={() => setOpen("drop")}>
                        {t("attention.drop")}
                      </Button>
                    </div>
                  )}
                </div>
              )}
              {failures.length > 0 && (
                <Notice kind="error" title={t("attention.someFailed", { count: failures.length })}>
                  <ul>
                    {failures.map(({ delivery, error }) => (
                      <li key={delivery.id}>
                        {delivery.handle} – {delivery.title} – {errorWords(t, error)}
                      </li>
                    ))}
                  </ul>
                </Notice>
              )}
              <ul className="waiting">
                {found.map((delivery) => (
                  <li key={delivery.id} className="wait">
                    {mayAct && inBulk.length > 1 && (
                      <input
                        type="checkbox"
                        className="wait__box"
                        aria-label={t("attention.choose", { title: delivery.title })}
                        disabled={delivery.state === "unconfirmed"}
                        checked={chosen.has(delivery.id)}
                        onChange={() => toggle(delivery.id)}
                      />
                    )}
                    <div className="wait__words">
                      <p className="wait__head">
                        <StateBadge state={delivery.state} />
                        <NetworkMark network={delivery.network} size={14} label={false} />
                        <span className="muted">
                          {networkName(delivery.network)} · {delivery.handle}
                        </span>
                      </p>
                      <Link href={`/posts/${delivery.post}`} className="wait__title">
                        {delivery.title || t("calendar.noWords")}
                      </Link>
                      {delivery.reason && (
                        <p className="wait__why">
                          {reasonWords(t, delivery.reason.code)}
                          {delivery.reason.detail && <q className="delivery__said">{delivery.reason.detail}</q>}
                        </p>
                      )}
                      <p className="wait__when">
                        {t("attention.wasDue", {
                          time: dayAndTime(delivery.due_at, zone, locale),
                          ago: relative(delivery.due_at, Date.now(), locale),
                        })}
                      </p>
                    </div>
                    {mayAct && (
                      <div className="wait__acts">
                        <DeliveryActions delivery={delivery} />
                      </div>
                    )}
                  </li>
                ))}
              </ul>
            </>
          )
        }
      </Loaded>
      {progress && (
        <p role="status" className="visually-hidden">
          {t("attention.progress", progress)}
        </p>
      )}
      {open === "release" && (
        <Confirm
          title={t("attention.releaseTitle", { count: selected.length })}
          action={t("attention.release")}
          onConfirm={() => forEach("release", {}, (count) => t("attention.released", { count }))}
          onClose={close}
        >
          <p>{t("attention.releaseBulk", { count: selected.length })}</p>
          {bar}
        </Confirm>
      )}
      {open === "drop" && (
        <Confirm
          danger
          title={t("attention.dropTitle", { count: selected.length })}
          action={t("attention.drop")}
          onConfirm={() => forEach("cancellation", {}, (count) => t("attention.dropped", { count }))}
          onClose={close}
        >
          <p>{t("attention.dropBulk", { count: selected.length })}</p>
          {bar}
        </Confirm>
      )}
      {open === "reschedule" && (
        <Suspense fallback={null}>
          <RescheduleDialog
            title={t("attention.rescheduleTitle", { count: selected.length })}
            onReschedule={(schedule: Schedule) =>
              forEach("reschedule", schedule, (count) => t("attention.rescheduled", { count }))
            }
            onClose={close}
          />
        </Suspense>
      )}
    </Page>
  );
}
