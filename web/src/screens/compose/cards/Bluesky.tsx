import { Ellipsis, Heart, MessageCircle, Repeat2, Share } from "lucide-react";
import { useTranslation } from "react-i18next";
import { Avatar } from "../../../ui/Network";
import { CardOfLink, type CardProps, Pictures, Text } from "./parts";

export function BlueskyCard({ profile, text, pictures, card }: CardProps) {
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
        <CardOfLink card={card} />
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
