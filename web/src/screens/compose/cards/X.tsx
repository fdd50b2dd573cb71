import { Bookmark, ChartNoAxesColumn, Ellipsis, Heart, MessageCircle, Repeat2, Share } from "lucide-react";
import { useTranslation } from "react-i18next";
import { Avatar } from "../../../ui/Network";
import { CardOfLink, type CardProps, handleOf, nameOf, Pictures, Text } from "./parts";

export function XCard({ profile, text, pictures, card }: CardProps) {
  const { t } = useTranslation();
  return (
    <article className="card card--x">
      <Avatar name={nameOf(profile)} size={40} />
      <div className="card__main">
        <p className="card__who">
          <strong>{nameOf(profile)}</strong>
          <span className="card__handle">@{handleOf(profile)}</span>
          <span className="card__when">· {t("compose.previewNow")}</span>
        </p>
        <Text network="x" text={text} />
        <Pictures pictures={pictures} />
        <CardOfLink card={card} by="x" />
        <div className="card__acts" aria-hidden="true">
          <MessageCircle size={17} />
          <Repeat2 size={17} />
          <Heart size={17} />
          <ChartNoAxesColumn size={17} />
          <Bookmark size={17} />
          <Share size={17} />
          <Ellipsis size={17} />
        </div>
      </div>
    </article>
  );
}
