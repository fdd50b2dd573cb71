import { Bookmark, Ellipsis, Heart, ImageIcon, MessageCircle, Send } from "lucide-react";
import { useTranslation } from "react-i18next";
import { Avatar } from "../../../ui/Network";
import { type CardProps, cut, handleOf, Image, nameOf, Text } from "./parts";

/** Shown of a caption until a reader asks for more. */
const CAPTION_SHOWN = 125;

/** The picture first, the words below it; of several the first is shown. */
export function InstagramCard({ profile, text, pictures }: CardProps) {
  const { t } = useTranslation();
  const [first] = pictures;
  return (
    <article className="card card--instagram">
      <header className="card__head">
        <Avatar name={nameOf(profile)} size={32} />
        <p className="card__who">
          <strong>{handleOf(profile)}</strong>
        </p>
        <Ellipsis size={18} aria-hidden="true" />
      </header>
      {first ? (
        <div className="card__square">
          <Image picture={first} />
          {pictures.length > 1 && <span className="card__count">{`1/${pictures.length}`}</span>}
        </div>
      ) : (
        <p className="card__square card__square--none">
          <ImageIcon size={28} aria-hidden="true" />
          {t("compose.previewNeedsImage")}
        </p>
      )}
      <div className="card__acts" aria-hidden="true">
        <Heart size={20} />
        <MessageCircle size={20} />
        <Send size={20} />
        <Bookmark size={20} />
      </div>
      <Text network="instagram" before={handleOf(profile)} text={cut(text, CAPTION_SHOWN, t("compose.previewMore"))} />
    </article>
  );
}
