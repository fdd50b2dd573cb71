import { Fragment } from "react";
import { balanced } from "../text/bidi";
import { pieces } from "../text/entities";

/** Names and handles as citizens chose them: text, whatever is in it, that cannot disturb what stands beside it. */
export function Named({ children, className }: { children: string; className?: string }) {
  return <bdi className={className}>{balanced(children)}</bdi>;
}

// An address that turns the direction of writing would not lead where it seems to.
const HONEST = /^[^\u200b-\u200f\u202a-\u202e\u2060-\u206f]+$/;

/** A citizen's words. Links open; everything else is text. Each line takes the direction of its own letters. */
export function Said({ text, lang }: { text: string; lang?: string | null }) {
  return (
    <p className="said" dir="auto" lang={lang ?? undefined}>
      {pieces(balanced(text)).map((piece) =>
        piece.kind === "link" && HONEST.test(piece.text) ? (
          <a key={piece.at} href={piece.text} target="_blank" rel="noreferrer nofollow" dir="ltr">
            {piece.text}
          </a>
        ) : (
          <Fragment key={piece.at}>{piece.text}</Fragment>
        ),
      )}
    </p>
  );
}
