import { useQuery, useQueryClient } from "@tanstack/react-query";
import { OctagonPause } from "lucide-react";
import { Suspense, useState } from "react";
import { useTranslation } from "react-i18next";
import { may } from "../api/access";
import { api } from "../api/client";
import { queries } from "../api/queries";
import type { Pause, PauseEnded } from "../api/types";
import { localeOf } from "../i18n";
import { Confirm } from "../screens/screens";
import { dayAndTime } from "../time/format";
import { Button } from "../ui/Button";
import { say } from "../ui/Toasts";
import { useMe } from "./me";
import { useScopeName } from "./scope";

/** Stands on every screen while anything is paused. */
export function PauseBanner() {
  const { t, i18n } = useTranslation();
  const me = useMe();
  const queryClient = useQueryClient();
  const pauses = useQuery(queries.pauses());
  const scopeName = useScopeName();
  const [ending, setEnding] = useState<Pause | null>(null);
  const mayResume = may(me, "pause");

  async function resume(pause: Pause) {
    const ended = await api.delete<PauseEnded>(`/pauses/${pause.id}`);
    say(t("pause.resumed", { count: ended.held }));
    await queryClient.invalidateQueries();
  }

  if (!pauses.data?.length) return null;
  return (
    <section className="pauses" aria-label={t("pause.standing")}>
      {pauses.data.map((pause) => (
        <div className="pause-banner" key={pause.id} role="status">
          <OctagonPause size={20} aria-hidden="true" />
          <p>
            <strong>{t("pause.banner", { scope: scopeName(pause.scope) })}</strong> {pause.reason}
            <span className="pause-banner__who">
              {t("pause.by", {
                name: pause.by.name,
                time: dayAndTime(pause.begun_at, me.agency.zone, localeOf(i18n.language)),
              })}
            </span>
          </p>
          {mayResume && (
            <Button
              small
              onClick={() => setEnding(pause)}
              aria-label={t("pause.resumeScope", { scope: scopeName(pause.scope) })}
            >
              {t("pause.resume")}
            </Button>
          )}
        </div>
      ))}
      {ending && (
        <Suspense fallback={null}>
          <Confirm
            title={t("pause.resumeScope", { scope: scopeName(ending.scope) })}
            action={t("pause.resume")}
            onConfirm={() => resume(ending)}
            onClose={() => setEnding(null)}
          >
            <p>{t("pause.resumeEffect")}</p>
            <p>{t("pause.resumeHeld")}</p>
          </Confirm>
        </Suspense>
      )}
    </section>
  );
}
