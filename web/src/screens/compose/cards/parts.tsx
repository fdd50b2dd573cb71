import { Fragment } from "react";
import { useTranslation } from "react-i18next";
import type { Profile } from "../../../api/types";
import { type Piece, pieces } from "../../../text/entities";
import { LinkCard, type ShownCard } from "../../../ui/LinkCard";
import { networkName } from "../../../ui/Network";
import { Shot } from "../../../ui/Shot";

export type Picture = { key: string; url: string; alt: string; video: boolean };
export type Shown = Pick<Profile, "network" | "handle" | "display_name">;
export type CardProps = { profile: Shown; text: string; pictures: Picture[]; card?: ShownCard | null };

export const nameOf = (profile: Shown) => profile.display_name || profile.handle;
export const handleOf = (profile: Shown) => profile.handle.replace(/^@/, "");

/** Of a link, what stands in the text: Mastodon and X hide the scheme and show the beginning of the rest. */
const LINK_SHOWN: Record<string, number> = { mastodon: 30, x: 27 };

function shownLink(network: string, link: string): string {
  const most = LINK_SHOWN[network];
  if (most === undefined) return link;
  const bare = link.replace(/^https?:\/\/(www\.)?/, "");
  return bare.length > most ? `${bare.slice(0, most)}…` : bare;
}

/** What each network makes more of than words. A mention of Facebook or LinkedIn is chosen there and cannot be typed. */
function isPlain(network: string, piece: Piece): boolean {
  if (piece.kind === "words") return true;
  if (piece.kind === "link") return network === "instagram";
  if (piece.kind !== "mention") return false;
  if (network === "facebook" || network === "linkedin") return true;
  const foreign = piece.text.includes("@", 1);
  if (network === "mastodon") return !foreign;
  if (network === "bluesky") return foreign || !piece.text.includes(".");
  return foreign || (network === "x" && piece.text.includes("."));
}

function shown(network: string, piece: Piece): string {
  if (piece.kind === "link") return shownLink(network, piece.text);
  if (piece.kind === "mention" && network === "mastodon") return piece.text.replace(/(?<=.)@.*/, "");
  return piece.text;
}

type TextProps = { network: string; text: string /** Before the words, on the same line. */; before?: string };

export function Text({ network, text, before }: TextProps) {
  return (
    <p className="card__text">
      {before && <strong>{before} </strong>}
      {pieces(text).map((piece) => {
        const words = shown(network, piece);
        return isPlain(network, piece) ? (
          <Fragment key={piece.at}>{words}</Fragment>
        ) : (
          <span key={piece.at} className="card__entity">
            {words}
          </span>
        );
      })}
    </p>
  );
}

/** The beginning, where a network hides the rest until a reader asks for it. */
export function cut(text: string, most: number, more: string): string {
  const characters = [...text];
  if (characters.length <= most) return text;
  const kept = characters.slice(0, most).join("");
  const word = kept.lastIndexOf(" ");
  return `${word > most / 2 ? kept.slice(0, word) : kept}… ${more}`;
}

export function Image({ picture }: { picture: Picture }) {
  const { t } = useTranslation();
  return (
    <span className={`card__picture${picture.video ? " card__picture--video" : ""}`}>
      <Shot url={picture.url} alt={picture.alt} video={picture.video} />
      {picture.alt && (
        <span className="card__alt" aria-hidden="true">
          {t("compose.altBadge")}
        </span>
      )}
    </span>
  );
}

export function Pictures({ pictures }: { pictures: Picture[] }) {
  if (pictures.length === 0) return null;
  return (
    <div className={`card__pictures card__pictures--${Math.min(pictures.length, 4)}`}>
      {pictures.slice(0, 4).map((picture) => (
        <Image key={picture.key} picture={picture} />
      ))}
    </div>
  );
}

/** What stands below the words for their link: ours, as it was written, or what the network will make of the page. */
export function CardOfLink({
  card,
  by,
}: {
  card: ShownCard | null | undefined /** Who makes it, if not we. */;
  by?: string;
}) {
  const { t } = useTranslation();
  if (!card) return null;
  return <LinkCard card={card} {...(by ? { note: t("compose.card.itsOwn", { network: networkName(by) }) } : {})} />;
}
