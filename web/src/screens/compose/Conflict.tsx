import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { LinkCard, Post, PostContent } from "../../api/types";
import { localeOf } from "../../i18n";
import { useMe } from "../../shell/me";
import { clockWithSeconds } from "../../time/format";
import { Button } from "../../ui/Button";
import { hostOf } from "../../ui/LinkCard";
import { Notice } from "../../ui/Notice";
import { errorWords } from "../../words";

type Props = {
  mine: PostContent;
  theirs: Post;
  onKeepBoth: () => Promise<void>;
  onReplace: (theirs: Post) => Promise<void>;
};

function CardLine({ card }: { card: LinkCard | null }) {
  const { t } = useTranslation();
  return card ? <p className="muted">{t("compose.card.inShort", { title: card.title || hostOf(card.url) })}</p> : null;
}

/** Two people changed the same draft. Whatever is chosen, the words of both stay somewhere. */
export function Conflict({ mine, theirs, onKeepBoth, onReplace }: Props) {
  const { t, i18n } = useTranslation();
  const me = useMe();
  const [busy, setBusy] = useState<"both" | "replace" | null>(null);
  const [error, setError] = useState<unknown>(null);

  async function choose(which: "both" | "replace") {
    setBusy(which);
    setError(null);
    try {
      await (which === "both" ? onKeepBoth() : onReplace(theirs));
    } catch (problem) {
      setError(problem);
    } finally {
      setBusy(null);
    }
  }

  return (
    <Notice kind="warning" title={t("compose.conflict.title")}>
      <p>
        {t("compose.conflict.words", {
          time: clockWithSeconds(theirs.updated_at, me.agency.zone, localeOf(i18n.language)),
        })}
      </p>
      <div className="conflict">
        <div>
          <p className="conflict__whose">{t("compose.conflict.theirs")}</p>
          <blockquote>{theirs.text}</blockquote>
          <CardLine card={theirs.card} />
        </div>
        <div>
          <p className="conflict__whose">{t("compose.conflict.mine")}</p>
          <blockquote>{mine.text}</blockquote>
          <CardLine card={mine.card} />
        </div>
      </div>
      {error !== null && <p className="field__error">{errorWords(t, error)}</p>}
      <div className="conflict__acts">
        <Button kind="primary" small busy={busy === "both"} onClick={() => choose("both")}>
          {t("compose.conflict.keepBoth")}
        </Button>
        <Button small busy={busy === "replace"} onClick={() => choose("replace")}>
          {t("compose.conflict.replace")}
        </Button>
      </div>
    </Notice>
  );
}
