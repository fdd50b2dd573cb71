import { Ellipsis, Forward, Globe, MessageCircle, ThumbsUp } from "lucide-react";
import { useTranslation } from "react-i18next";
import { Avatar } from "../../../ui/Network";
import { CardOfLink, type CardProps, Pictures, Text } from "./parts";

export function FacebookCard({ profile, text, pictures, card }: CardProps) {
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
      <CardOfLink card={card} by="facebook" />
      <div className="card__acts" aria-hidden="true">
        <ThumbsUp size={18} />
        <MessageCircle size={18} />
        <Forward size={18} />
      </div>
    </article>
  );
}
