import { Ellipsis, Globe, MessageSquareText, Repeat2, Send, ThumbsUp } from "lucide-react";
import { useTranslation } from "react-i18next";
import { Avatar } from "../../../ui/Network";
import { CardOfLink, type CardProps, cut, nameOf, Pictures, Text } from "./parts";

/** Shown of a post until a reader asks for more: about three lines. */
const SHOWN = 210;

export function LinkedInCard({ profile, text, pictures, card }: CardProps) {
  const { t } = useTranslation();
  return (
    <article className="card card--linkedin">
      <header className="card__head">
        <Avatar name={nameOf(profile)} size={44} />
        <p className="card__who">
          <strong>{nameOf(profile)}</strong>
          <span className="card__when">
            {t("compose.previewNow")} <Globe size={13} aria-hidden="true" />
          </span>
        </p>
        <Ellipsis size={18} aria-hidden="true" />
      </header>
      <Text network="linkedin" text={cut(text, SHOWN, t("compose.previewMore"))} />
      <Pictures pictures={pictures} />
      <CardOfLink card={card} />
      <div className="card__acts" aria-hidden="true">
        <ThumbsUp size={18} />
        <MessageSquareText size={18} />
        <Repeat2 size={18} />
        <Send size={18} />
      </div>
    </article>
  );
}
