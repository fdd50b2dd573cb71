import { useQueryClient } from "@tanstack/react-query";
import { Suspense, useId, useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../../api/client";
import type { Delivery, Schedule } from "../../api/types";
import { Button } from "../../ui/Button";
import { Confirm } from "../../ui/Confirm";
import { TextInput } from "../../ui/Field";
import { networkName } from "../../ui/Network";
import { say } from "../../ui/Toasts";
import { RescheduleDialog } from "../screens";

function Resolve({
  delivery,
  onResolve,
  onClose,
}: {
  delivery: Delivery;
  onResolve: (published: boolean, url: string | null) => Promise<unknown>;
  onClose: () => void;
}) {
  const { t } = useTranslation();
  const [published, setPublished] = useState<boolean | null>(null);
  const [url, setUrl] = useState("");
  const name = useId();
  return (
    <Confirm
      title={t("resolve.title")}
      action={t("resolve.action")}
      ready={published !== null}
      onConfirm={() => onResolve(published === true, published ? url.trim() || null : null)}
      onClose={onClose}
    >
      <p>{t("resolve.words", { handle: delivery.handle, network: networkName(delivery.network) })}</p>
      <fieldset className="options">
        <legend className="field__label">{t("resolve.question")}</legend>
        <label className="option">
          <input type="radio" name={name} checked={published === true} onChange={() => setPublished(true)} />
          <span>{t("resolve.there")}</span>
        </label>
        <label className="option">
          <input type="radio" name={name} checked={published === false} onChange={() => setPublished(false)} />
          <span>{t("resolve.notThere")}</span>
        </label>
      </fieldset>
      {published && (
        <TextInput
          label={t("resolve.url")}
          optional={t("common.optional")}
          type="url"
          inputMode="url"
          value={url}
          onChange={(event) => setUrl(event.target.value)}
        />
      )}
    </Confirm>
  );
}

type Open = "release" | "reschedule" | "drop" | "resolve" | null;

/** What a person may decide about one delivery, by the state it is in. */
export function DeliveryActions({ delivery }: { delivery: Delivery }) {
  const { t } = useTranslation();
  const queryClient = useQueryClient();
  const [open, setOpen] = useState<Open>(null);
  const close = () => setOpen(null);

  async function act(path: string, body: unknown, words: string) {
    await api.post<Delivery>(`/deliveries/${delivery.id}/${path}`, body);
    say(words);
    await queryClient.invalidateQueries({ queryKey: ["attention"] });
    await queryClient.invalidateQueries({ queryKey: ["posts"] });
  }

  const waits = delivery.state === "held" || delivery.state === "failed";
  const named = `${delivery.handle} (${networkName(delivery.network)})`;
  return (
    <>
      {delivery.state === "unconfirmed" && (
        <Button small kind="primary" onClick={() => setOpen("resolve")}>
          {t("resolve.open")}
        </Button>
      )}
      {waits && (
        <Button small kind="primary" onClick={() => setOpen("release")}>
          {delivery.state === "failed" ? t("attention.tryAgain") : t("attention.release")}
        </Button>
      )}
      {(waits || delivery.state === "queued") && (
        <Button small onClick={() => setOpen("reschedule")}>
          {t("post.reschedule")}
        </Button>
      )}
      {(waits || delivery.state === "queued") && (
        <Button small kind="danger-quiet" onClick={() => setOpen("drop")}>
          {t("attention.drop")}
        </Button>
      )}
      {open === "release" && (
        <Confirm
          title={t("attention.releaseTitle", { count: 1 })}
          action={t("attention.release")}
          onConfirm={() => act("release", {}, t("attention.released", { count: 1 }))}
          onClose={close}
        >
          <p>{t("attention.releaseWords", { who: named })}</p>
          <blockquote>{delivery.title}</blockquote>
        </Confirm>
      )}
      {open === "drop" && (
        <Confirm
          danger
          title={t("attention.dropTitle", { count: 1 })}
          action={t("attention.drop")}
          onConfirm={() => act("cancellation", {}, t("attention.dropped", { count: 1 }))}
          onClose={close}
        >
          <p>{t("attention.dropWords", { who: named })}</p>
          <blockquote>{delivery.title}</blockquote>
        </Confirm>
      )}
      {open === "resolve" && (
        <Resolve
          delivery={delivery}
          onResolve={(published, url) => act("resolution", { published, url }, t("resolve.done"))}
          onClose={close}
        />
      )}
      {open === "reschedule" && (
        <Suspense fallback={null}>
          <RescheduleDialog
            title={t("attention.rescheduleTitle", { count: 1 })}
            onReschedule={(schedule: Schedule) => act("reschedule", schedule, t("attention.rescheduled", { count: 1 }))}
            onClose={close}
          />
        </Suspense>
      )}
    </>
  );
}
