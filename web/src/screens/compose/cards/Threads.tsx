import { Ellipsis, Heart, MessageCircle, Repeat2, Send } from "lucide-react";
import { useTranslation } from "react-i18next";
import { Avatar } from "../../../ui/Network";
import { CardOfLink, type CardProps, handleOf, Image, nameOf, Text } from "./parts";

/** Several pictures stand in a row that is drawn sideways. */
export function ThreadsCard({ profile, text, pictures, card }: CardProps) {
  const { t } = useTranslation();
  return (
    <article className="card card--threads">
      <Avatar name={nameOf(profile)} size={36} />
      <div className="card__main">
        <p className="card__who">
          <strong>{handleOf(profile)}</strong>
          <span className="card__when">{t("compose.previewNow")}</span>
        </p>
        <Text network="threads" text={text} />
        {pictures.length > 0 && (
          <div className={`card__row${pictures.length === 1 ? " card__row--one" : ""}`}>
            {pictures.map((picture) => (
              <Image key={picture.key} picture={picture} />
            ))}
          </div>
        )}
        <CardOfLink card={card} by="threads" />
        <div className="card__acts" aria-hidden="true">
          <Heart size={18} />
          <MessageCircle size={18} />
          <Repeat2 size={18} />
          <Send size={18} />
          <Ellipsis size={18} />
        </div>
      </div>
    </article>
  );
}
