import { Bookmark, Ellipsis, Globe, Repeat2, Reply, Star } from "lucide-react";
import { useTranslation } from "react-i18next";
import { Avatar } from "../../../ui/Network";
import { CardOfLink, type CardProps, Pictures, Text } from "./parts";

export function MastodonCard({ profile, text, pictures, card }: CardProps) {
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
      <CardOfLink card={card} by="mastodon" />
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
