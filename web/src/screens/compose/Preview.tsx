import {
  Bookmark,
  Ellipsis,
  Forward,
  Globe,
  Heart,
  MessageCircle,
  Repeat2,
  Reply,
  Share,
  Star,
  ThumbsUp,
} from "lucide-react";
import { Fragment, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import type { PostContent, Profile } from "../../api/types";
import { type Piece, pieces } from "../../text/entities";
import { Avatar, NetworkMark, networkName } from "../../ui/Network";
import { wordsFor } from "./content";

export type Picture = { key: string; url: string; alt: string };

// Mastodon hides a link's scheme and shows thirty characters of the rest.
function shownLink(network: string, link: string): string {
  if (network !== "mastodon") return link;
  const bare = link.replace(/^https?:\/\/(www\.)?/, "");
  return bare.length > 30 ? `${bare.slice(0, 30)}…` : bare;
}

/** Each network knows its own kind of mention and leaves the other's as plain words. */
function isPlain(network: string, piece: Piece): boolean {
  if (piece.kind !== "mention") return piece.kind === "words";
  if (network === "facebook") return true;
  const foreign = piece.text.includes("@", 1);
  return network === "bluesky" ? foreign || !piece.text.includes(".") : !foreign;
}

function shown(network: string, piece: Piece): string {
  if (piece.kind === "link") return shownLink(network, piece.text);
  if (piece.kind === "mention" && network === "mastodon") return piece.text.replace(/(?<=.)@.*/, "");
  return piece.text;
}

function Text({ network, text }: { network: string; text: string }) {
  return (
    <p className="card__text">
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

function Pictures({ pictures }: { pictures: Picture[] }) {
  const { t } = useTranslation();
  if (pictures.length === 0) return null;
  return (
    <div className={`card__pictures card__pictures--${Math.min(pictures.length, 4)}`}>
      {pictures.slice(0, 4).map((picture) => (
        <span key={picture.key} className="card__picture">
          <img src={picture.url} alt={picture.alt} />
          {picture.alt && (
            <span className="card__alt" aria-hidden="true">
              {t("compose.altBadge")}
            </span>
          )}
        </span>
      ))}
    </div>
  );
}

export type Shown = Pick<Profile, "network" | "handle" | "display_name">;

type CardProps = { profile: Shown; text: string; pictures: Picture[] };

function BlueskyCard({ profile, text, pictures }: CardProps) {
  const { t } = useTranslation();
  return (
    <article className="card card--bluesky">
      <Avatar name={profile.display_name || profile.handle} size={42} />
      <div className="card__main">
        <p className="card__who">
          <strong>{profile.display_name || profile.handle}</strong>
          <span className="card__handle">@{profile.handle.replace(/^@/, "")}</span>
          <span className="card__when">· {t("compose.previewNow")}</span>
        </p>
        <Text network={profile.network} text={text} />
        <Pictures pictures={pictures} />
        <div className="card__acts" aria-hidden="true">
          <MessageCircle size={17} />
          <Repeat2 size={17} />
          <Heart size={17} />
          <Share size={17} />
          <Ellipsis size={17} />
        </div>
      </div>
    </article>
  );
}

function MastodonCard({ profile, text, pictures }: CardProps) {
  const { t } = useTranslation();
  const handle = profile.handle.replace(/^@/, "");
  return (
    <article className="card card--mastodon">
      <header className="card__head">
        <Avatar name={profile.display_name || profile.handle} size={44} />
        <p className="card__who">
          <strong>{profile.display_name || handle}</strong>
          <span className="card__handle">@{handle}</span>
        </p>
        <span className="card__when">
          <Globe size={14} aria-hidden="true" /> {t("compose.previewNow")}
        </span>
      </header>
      <Text network={profile.network} text={text} />
      <Pictures pictures={pictures} />
      <div className="card__acts" aria-hidden="true">
        <Reply size={18} />
        <Repeat2 size={18} />
        <Star size={18} />
        <Bookmark size={18} />
        <Ellipsis size={18} />
      </div>
    </article>
  );
}

function FacebookCard({ profile, text, pictures }: CardProps) {
  const { t } = useTranslation();
  return (
    <article className="card card--facebook">
      <header className="card__head">
        <Avatar name={profile.display_name || profile.handle} size={40} />
        <p className="card__who">
          <strong>{profile.display_name || profile.handle}</strong>
          <span className="card__when">
            {t("compose.previewNow")} <Globe size={13} aria-hidden="true" />
          </span>
        </p>
        <Ellipsis size={18} aria-hidden="true" />
      </header>
      <Text network={profile.network} text={text} />
      <Pictures pictures={pictures} />
      <div className="card__acts" aria-hidden="true">
        <ThumbsUp size={18} />
        <MessageCircle size={18} />
        <Forward size={18} />
      </div>
    </article>
  );
}

const CARDS: Record<string, (props: CardProps) => ReactNode> = { mastodon: MastodonCard, facebook: FacebookCard };

/** A post as this network would show it. */
export function PreviewCard(props: CardProps) {
  const Card = CARDS[props.profile.network] ?? BlueskyCard;
  return <Card {...props} />;
}

type Props = { content: PostContent; targets: Profile[]; pictures: Picture[] };

export function Preview({ content, targets, pictures }: Props) {
  const { t } = useTranslation();
  const networks = [...new Set(targets.map((profile) => profile.network))];
  return (
    <section className="preview" aria-label={t("compose.preview")}>
      <h2 className="preview__title">{t("compose.preview")}</h2>
      {networks.length === 0 && <p className="preview__none">{t("compose.previewNone")}</p>}
      {networks.map((network) => {
        const there = targets.filter((profile) => profile.network === network);
        const [first] = there;
        if (!first) return null;
        const text = wordsFor(content, network);
        const props = { profile: first, text, pictures };
        return (
          <div key={network} className="preview__network">
            <p className="preview__name">
              <NetworkMark network={network} label={false} />
              {networkName(network)}
              {there.length > 1 && (
                <span className="muted">{t("compose.previewOthers", { count: there.length - 1 })}</span>
              )}
            </p>
            <PreviewCard {...props} />
          </div>
        );
      })}
    </section>
  );
}
