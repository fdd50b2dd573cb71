import { Fragment } from "react";
import { pieces } from "../../text/entities";

/** A post's words with links that open; React escapes the rest. */
export function RichText({ text }: { text: string }) {
  return (
    <p className="rich-text">
      {pieces(text).map((piece) => {
        if (piece.kind === "words") return <Fragment key={piece.at}>{piece.text}</Fragment>;
        if (piece.kind === "link") {
          return (
            <a key={piece.at} href={piece.text} target="_blank" rel="noreferrer">
              {piece.text}
            </a>
          );
        }
        return (
          <span key={piece.at} className="rich-text__entity">
            {piece.text}
          </span>
        );
      })}
    </p>
  );
}
