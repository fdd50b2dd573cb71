import { CircleCheck, CornerUpLeft } from "lucide-react";
import { useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "../../ui/Button";
import { TextArea } from "../../ui/Field";
import { Notice } from "../../ui/Notice";
import { errorWords } from "../../words";

export type Decision = { decision: "approve" | "send_back"; comment: string };

type Props = {
  /** Tells whether it was recorded. */
  onDecide: (decision: Decision) => Promise<boolean>;
  /** It became another version while it was being read: how to look at it. What was typed stays. */
  onLook: (() => void) | null;
  /** What would be decided about is not all here yet. */
  waiting?: boolean;
};

/** Approve, or send back with words. Sending back needs a reason; approving may have one. */
export function Decide({ onDecide, onLook, waiting = false }: Props) {
  const { t } = useTranslation();
  const [comment, setComment] = useState("");
  const [busy, setBusy] = useState<Decision["decision"] | null>(null);
  const [error, setError] = useState<unknown>(null);
  const [missing, setMissing] = useState(false);
  const form = useRef<HTMLDivElement>(null);

  async function act(decision: Decision["decision"]) {
    setMissing(false);
    setError(null);
    if (decision === "send_back" && comment.trim() === "") {
      setMissing(true);
      form.current?.querySelector("textarea")?.focus();
      return;
    }
    setBusy(decision);
    try {
      if (await onDecide({ decision, comment: comment.trim() })) setComment("");
    } catch (problem) {
      setError(problem);
    }
    setBusy(null);
  }

  return (
    <div className="decide" ref={form}>
      <TextArea
        label={t("approvals.comment")}
        hint={t("approvals.commentHint")}
        rows={3}
        maxLength={4000}
        value={comment}
        error={missing ? t("approvals.commentMissing") : undefined}
        onChange={(event) => {
          setComment(event.target.value);
          setMissing(false);
        }}
      />
      {onLook && (
        <Notice
          kind="warning"
          actions={
            <Button small onClick={onLook}>
              {t("approvals.lookAgain")}
            </Button>
          }
        >
          <p>{t("errors.version_old")}</p>
        </Notice>
      )}
      {error !== null && (
        <Notice kind="error">
          <p>{errorWords(t, error)}</p>
        </Notice>
      )}
      <div className="decide__acts">
        <Button
          kind="primary"
          busy={busy === "approve"}
          disabled={waiting || busy === "send_back"}
          icon={<CircleCheck size={17} aria-hidden="true" />}
          onClick={() => act("approve")}
        >
          {t("approvals.approve")}
        </Button>
        <Button
          busy={busy === "send_back"}
          disabled={waiting || busy === "approve"}
          icon={<CornerUpLeft size={17} aria-hidden="true" />}
          onClick={() => act("send_back")}
        >
          {t("approvals.sendBack")}
        </Button>
      </div>
    </div>
  );
}
