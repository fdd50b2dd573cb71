import { useQuery } from "@tanstack/react-query";
import { FileImage } from "lucide-react";
import { useTranslation } from "react-i18next";
import { queries } from "../../api/queries";
import type { Media, NetworkCapabilities, PostContent, Profile } from "../../api/types";
import { localeOf } from "../../i18n";
import { bytes } from "../../text/bytes";
import { pieces } from "../../text/entities";
import type { ShownCard } from "../../ui/LinkCard";
import { NetworkMark, networkName } from "../../ui/Network";
import { Terms } from "../../ui/Terms";
import { takes } from "./Carding";
import type { Picture } from "./cards/parts";
import { ThreadCard } from "./cards/Thread";
import { cardFor, leavingFor } from "./content";

/** A copy that a network is given of an image that it does not take as it is. jpeg: of what was none. size: bytes.
 * unlocated: it no longer says where it was taken. */
export type Given = { profile: string; name: string; jpeg: boolean; size: number; unlocated: boolean };

type Props = {
  content: PostContent;
  targets: Profile[];
  pictures: Picture[];
  renditions: Given[];
  /** The link card's picture, once it is known. */
  cardMedia: Media | null;
};

function shownCard(content: PostContent, able: NetworkCapabilities | undefined, media: Media | null): ShownCard | null {
  const card = able && able.link_cards !== "none" ? cardFor(content, able.network) : null;
  if (!able || !card) return null;
  const { url, title, description } = card;
  return { url, title, description, picture: media && takes(able, media) ? media.url : null };
}

export function Preview({ content, targets, pictures, renditions, cardMedia }: Props) {
  const { t, i18n } = useTranslation();
  const known = useQuery(queries.networks());
  const networks = [...new Set(targets.map((profile) => profile.network))];
  return (
    <section className="preview" aria-label={t("compose.preview")}>
      <h2 className="preview__title">{t("compose.preview")}</h2>
      {networks.length === 0 && <p className="preview__none">{t("compose.previewNone")}</p>}
      {networks.map((network) => {
        const there = targets.filter((profile) => profile.network === network);
        const [first] = there;
        if (!first) return null;
        const parts = leavingFor(content, network);
        const able = known.data?.find((candidate) => candidate.network === network);
        const linked = parts.some((part) => pieces(part).some((piece) => piece.kind === "link"));
        const card = pictures.length === 0 ? shownCard(content, able, cardMedia) : null;
        return (
          <div key={network} className="preview__network">
            <p className="preview__name">
              <NetworkMark network={network} label={false} />
              {networkName(network)}
              {there.length > 1 && (
                <span className="muted">{t("compose.previewOthers", { count: there.length - 1 })}</span>
              )}
            </p>
            <ThreadCard profile={first} parts={parts} pictures={pictures} card={card} />
            {renditions
              .filter((copy) => copy.profile === first.id)
              .map((copy) => (
                <p key={copy.name} className="preview__rendition">
                  <FileImage size={14} aria-hidden="true" />
                  {t(copy.jpeg ? "compose.renditionJpeg" : "compose.renditionSmaller", {
                    name: copy.name,
                    size: bytes(copy.size, localeOf(i18n.language)),
                  })}
                  {copy.unlocated && ` ${t("compose.renditionUnlocated")}`}
                </p>
              ))}
            {able && <Terms able={able} what={linked ? "post_with_link" : "post"} />}
          </div>
        );
      })}
    </section>
  );
}
