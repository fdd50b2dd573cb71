import { ImagePlus, Link2, RefreshCw, TriangleAlert, X } from "lucide-react";
import { useEffect, useId, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../../api/client";
import type { LinkCard, Media, NetworkCapabilities, SuggestedCard } from "../../api/types";
import { localeOf } from "../../i18n";
import { Button } from "../../ui/Button";
import { TextArea, TextInput } from "../../ui/Field";
import { hostOf } from "../../ui/LinkCard";
import { codeWords, errorWords } from "../../words";
import { judged, upload } from "./upload";

const TITLE_MAX = 200;
const DESCRIPTION_MAX = 500;
const OFFERS = 3;

type Props = {
  card: LinkCard | null;
  /** The card's picture, once it is known. */
  media: Media | null;
  /** Every link of the words, once. */
  links: string[];
  /** Images stand in the card's place. */
  covered: boolean;
  /** The networks that the post goes to. */
  networks: NetworkCapabilities[];
  department: string;
  onChange: (change: (before: LinkCard | null) => LinkCard | null) => void;
  /** A page is being read, or a picture is on its way: the card is not yet what it will be. */
  onBusy: (busy: boolean) => void;
};

/** Whether a network takes this picture in a card, or a copy of it; another is left out there. */
export function takes(able: NetworkCapabilities, media: Media): boolean {
  const limits = able.card_limits;
  if (!limits) return true;
  return [media, ...media.copies].some(
    ({ content_type, size, width, height }) =>
      limits.image_types.includes(content_type) &&
      size <= limits.image_bytes_max &&
      (limits.image_pixels_max === null || (width ?? 0) * (height ?? 0) <= limits.image_pixels_max),
  );
}

/** What is shown of a link: offered where the words hold one, and written like the words themselves. */
export function Carding({ card, media, links, covered, networks, department, onChange, onBusy }: Props) {
  const { t, i18n } = useTranslation();
  const [busy, setBusy] = useState<"page" | "picture" | null>(null);
  const [failure, setFailure] = useState<string | null>(null);
  const heading = useId();
  const input = useRef<HTMLInputElement>(null);
  // What was asked for last: an answer to anything else comes too late.
  const asked = useRef(0);
  useEffect(
    () => () => {
      asked.current += 1;
    },
    [],
  );

  const waiting = busy !== null;
  useEffect(() => {
    onBusy(waiting);
    return () => onBusy(false);
  }, [waiting, onBusy]);

  const picture = (url: string, image: string | null) =>
    onChange((before) => (before?.url === url ? { ...before, image } : before));

  async function work(what: "page" | "picture", act: (stands: () => boolean) => Promise<void>) {
    asked.current += 1;
    const mine = asked.current;
    const stands = () => asked.current === mine;
    setBusy(what);
    setFailure(null);
    try {
      await act(stands);
    } catch (error) {
      if (stands()) setFailure(errorWords(t, error));
    } finally {
      if (stands()) setBusy(null);
    }
  }

  const look = (url: string) =>
    work("page", async (stands) => {
      const found = await api.post<SuggestedCard>(
        "/link-cards",
        { url, department },
        { idempotencyKey: crypto.randomUUID() },
      );
      if (!stands()) return;
      onChange(() => found.card);
      if (found.picture_refused) {
        setFailure(t("compose.card.noPicture", { why: codeWords(t, found.picture_refused) }));
      }
      if (!found.picture) return;
      setBusy("picture");
      try {
        const ready = await judged(found.picture.id);
        if (stands()) picture(url, ready.id);
      } catch (error) {
        if (stands()) setFailure(t("compose.card.noPicture", { why: errorWords(t, error) }));
      }
    });

  const choose = (url: string, file: File) =>
    work("picture", async (stands) => {
      const ready = await upload(file, department, () => undefined);
      if (stands()) picture(url, ready.id);
    });

  function remove() {
    asked.current += 1;
    setBusy(null);
    setFailure(null);
    onChange(() => null);
  }

  const refused = failure && (
    <p className="field__error" role="alert">
      <TriangleAlert size={15} aria-hidden="true" />
      {failure}
    </p>
  );

  if (!card) {
    if (links.length === 0 || covered) return null;
    return (
      <section className="carding" aria-label={t("compose.card.title")}>
        <div className="carding__offers">
          {links.slice(0, OFFERS).map((url) => (
            <Button
              key={url}
              small
              busy={busy === "page"}
              icon={<Link2 size={16} aria-hidden="true" />}
              onClick={() => look(url)}
            >
              <span className="carding__link">
                {links.length === 1 ? t("compose.card.add") : t("compose.card.addFor", { link: short(url) })}
              </span>
            </Button>
          ))}
        </div>
        {refused}
      </section>
    );
  }

  const named = (kind: NetworkCapabilities["link_cards"]) => networks.filter((each) => each.link_cards === kind);
  const list = (of: NetworkCapabilities[]) =>
    new Intl.ListFormat(localeOf(i18n.language)).format(of.map((each) => each.name));
  const without = media ? named("ours").filter((each) => !takes(each, media)) : [];
  const notes = [
    covered && t("compose.card.covered"),
    named("ours").length > 0 && t("compose.card.ours", { networks: list(named("ours")), count: named("ours").length }),
    named("theirs").length > 0 &&
      t("compose.card.theirs", { networks: list(named("theirs")), count: named("theirs").length }),
    named("none").length > 0 && t("compose.card.none", { networks: list(named("none")), count: named("none").length }),
    without.length > 0 && t("compose.card.leftOut", { networks: list(without) }),
  ].filter((words) => words !== false);
  const { url, image } = card;

  return (
    <section className="carding carding__box" aria-labelledby={heading}>
      <div className="carding__head">
        <h2 id={heading}>{t("compose.card.title")}</h2>
        <div className="carding__acts">
          <Button
            small
            busy={busy === "page"}
            icon={<RefreshCw size={15} aria-hidden="true" />}
            onClick={() => look(url)}
          >
            {t("compose.card.refresh")}
          </Button>
          <Button small icon={<X size={15} aria-hidden="true" />} onClick={remove}>
            {t("compose.card.remove")}
          </Button>
        </div>
      </div>
      <p className="carding__url" dir="ltr">
        {url}
      </p>
      <TextInput
        label={t("compose.card.titleField")}
        value={card.title}
        maxLength={TITLE_MAX}
        onChange={(event) => {
          const title = event.target.value;
          onChange((before) => before && { ...before, title });
        }}
      />
      <TextArea
        label={t("compose.card.description")}
        optional={t("common.optional")}
        rows={2}
        value={card.description}
        maxLength={DESCRIPTION_MAX}
        onChange={(event) => {
          const description = event.target.value;
          onChange((before) => before && { ...before, description });
        }}
      />
      <div className="carding__picture">
        {image && media?.url && <img src={media.url} alt="" />}
        <div className="carding__acts">
          <Button
            small
            busy={busy === "picture"}
            icon={<ImagePlus size={15} aria-hidden="true" />}
            onClick={() => input.current?.click()}
          >
            {t(image ? "compose.card.otherPicture" : "compose.card.choosePicture")}
          </Button>
          {image && (
            <Button small icon={<X size={15} aria-hidden="true" />} onClick={() => picture(url, null)}>
              {t("compose.card.removePicture")}
            </Button>
          )}
        </div>
        <input
          ref={input}
          hidden
          type="file"
          accept="image/*"
          onChange={(event) => {
            const file = event.target.files?.[0];
            if (file) void choose(url, file);
            event.target.value = "";
          }}
        />
      </div>
      {refused}
      {notes.length > 0 && (
        <ul className="carding__notes">
          {notes.map((words) => (
            <li key={words}>{words}</li>
          ))}
        </ul>
      )}
    </section>
  );
}

function short(url: string): string {
  const rest = url.replace(/^https?:\/\/(www\.)?/, "");
  return rest.length > 40 ? `${hostOf(url)}/…${rest.slice(-16)}` : rest;
}
