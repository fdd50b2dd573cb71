import type { ReactNode } from "react";
import { balanced } from "../text/bidi";

/** A link's card as readers see it. picture: an address, if it has one. note: said below it, by us. */
export type ShownCard = { url: string; title: string; description: string; picture: string | null };
type Props = { card: ShownCard; note?: ReactNode };

export function hostOf(url: string): string {
  try {
    return new URL(url).hostname.replace(/^www\./, "");
  } catch {
    return url;
  }
}

/** What a page says of itself is text, whatever is in it; and it leads nowhere from here. */
export function LinkCard({ card, note }: Props) {
  return (
    <div className="link-card">
      {card.picture && <img className="link-card__picture" src={card.picture} alt="" />}
      <p className="link-card__host">{hostOf(card.url)}</p>
      <p className="link-card__title" dir="auto">
        {balanced(card.title)}
      </p>
      {card.description && (
        <p className="link-card__words" dir="auto">
          {balanced(card.description)}
        </p>
      )}
      {note && <p className="link-card__note">{note}</p>}
    </div>
  );
}
