import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { Link, useLocation } from "wouter";
import { ApiError, api } from "../../api/client";
import type { Connection } from "../../api/types";
import { Skeleton } from "../../ui/Loaded";
import { Notice } from "../../ui/Notice";
import { Page } from "../../ui/Page";
import { say } from "../../ui/Toasts";
import { errorWords } from "../../words";
import { ChooseAccounts } from "./ChooseAccounts";
import { returned } from "./round-trip";

/** Where a network sends a person back to, with a code. The code leaves the address bar before it is used. */
export default function OAuthCallback() {
  const { t } = useTranslation();
  const [, navigate] = useLocation();
  const queryClient = useQueryClient();
  const [error, setError] = useState<unknown>(null);
  const [offered, setOffered] = useState<Connection | null>(null);
  const begun = useRef(false);

  useEffect(() => {
    if (begun.current) return;
    begun.current = true;
    const answer = new URLSearchParams(window.location.search);
    const trip = returned();
    navigate("/oauth/callback", { replace: true });
    const [code, state] = [answer.get("code"), answer.get("state") ?? trip?.state ?? ""];
    async function finish() {
      if (answer.has("error")) throw new ApiError(0, "connection_declined");
      if (!trip || !code) throw new ApiError(0, "connection_expired");
      if (trip.state && state !== trip.state) throw new ApiError(0, "state_mismatch");
      const connection = await api.post<Connection>(
        `/connections/${trip.connection}/code`,
        { code, state },
        { idempotencyKey: crypto.randomUUID(), timeoutMs: 29_000 },
      );
      if (!connection.profile) {
        setOffered(connection);
        return;
      }
      await queryClient.invalidateQueries({ queryKey: ["profiles"] });
      const { handle } = connection.profile;
      say(trip.mends ? t("profiles.mended", { handle }) : t("profiles.connected", { handle }));
      navigate("/profiles", { replace: true });
    }
    finish().catch(setError);
  }, [navigate, queryClient, t]);

  if (offered) return <ChooseAccounts connection={offered} />;
  return (
    <Page title={t("profiles.finishing")}>
      {error === null ? (
        <Skeleton rows={2} />
      ) : (
        <Notice
          kind="error"
          title={t("profiles.notConnected")}
          actions={<Link href="/profiles">{t("profiles.backToProfiles")}</Link>}
        >
          <p>{errorWords(t, error)}</p>
        </Notice>
      )}
    </Page>
  );
}
