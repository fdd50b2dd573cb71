import { useTranslation } from "react-i18next";
import type { Difference } from "../../api/types";
import { networkName } from "../../ui/Network";

type Piece = Difference["texts"][number]["pieces"][number];

/** Words that came and went. Colour is never the only sign: they are underlined, struck through and said. */
function Words({ piece }: { piece: Piece }) {
  const { t } = useTranslation();
  if (piece.op === "same") return <>{piece.text}</>;
  const [Tag, words] = piece.op === "added" ? (["ins", "added"] as const) : (["del", "removed"] as const);
  return (
    <Tag className={`diff__${piece.op}`}>
      <span className="visually-hidden"> {t(`approvals.diff.${words}`)} </span>
      {piece.text}
    </Tag>
  );
}

/** What changed between two versions of a post. `named` knows the agency's profiles; an outsider does not. */
export function DifferenceView({ difference, named }: { difference: Difference; named?: (profile: string) => string }) {
  const { t } = useTranslation();
  const changed = difference.texts.filter((text) => text.pieces.some((piece) => piece.op !== "same"));
  const { card } = difference;
  const said = card ? ([card.title, card.description, card.url] as Piece[][]).filter((words) => words.length > 0) : [];
  const profiles = (which: "targetsAdded" | "targetsRemoved", ids: string[]) =>
    ids.length > 0 &&
    (named
      ? t(`approvals.diff.${which}`, { names: ids.map(named).join(", ") })
      : t(`approvals.diff.${which}Count`, { count: ids.length }));
  const facts = [
    difference.media_added.length > 0 && t("approvals.diff.mediaAdded", { count: difference.media_added.length }),
    difference.media_removed.length > 0 && t("approvals.diff.mediaRemoved", { count: difference.media_removed.length }),
    card && card.picture !== "same" && t(`approvals.diff.cardPicture.${card.picture}`),
    difference.tracking_changed && t("approvals.diff.trackingChanged"),
    difference.alt_changed.length > 0 && t("approvals.diff.altChanged", { count: difference.alt_changed.length }),
    profiles("targetsAdded", difference.targets_added),
    profiles("targetsRemoved", difference.targets_removed),
  ].filter((words) => typeof words === "string");
  if (changed.length === 0 && said.length === 0 && facts.length === 0)
    return <p className="muted">{t("approvals.diff.nothing")}</p>;
  return (
    <div className="diff">
      {(changed.length > 0 || said.length > 0) && (
        <p className="diff__key" aria-hidden="true">
          <ins className="diff__added">{t("approvals.diff.keyAdded")}</ins>
          <del className="diff__removed">{t("approvals.diff.keyRemoved")}</del>
        </p>
      )}
      {changed.map((text) => (
        <div key={text.network ?? ""} className="diff__text">
          {text.network && (
            <p className="diff__which">{t("compose.textFor", { network: networkName(text.network) })}</p>
          )}
          <p className="diff__words" dir="auto">
            {text.pieces.map((piece, index) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: pieces are a sequence that never changes
              <Words key={index} piece={piece} />
            ))}
          </p>
        </div>
      ))}
      {said.length > 0 && (
        <div className="diff__text">
          <p className="diff__which">{t("compose.card.title")}</p>
          {said.map((words, place) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: title, description and address, in this order
            <p key={place} className="diff__words" dir="auto">
              {words.map((piece, index) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: pieces are a sequence that never changes
                <Words key={index} piece={piece} />
              ))}
            </p>
          ))}
        </div>
      )}
      {facts.length > 0 && (
        <ul className="diff__facts">
          {facts.map((words) => (
            <li key={words}>{words}</li>
          ))}
        </ul>
      )}
    </div>
  );
}
