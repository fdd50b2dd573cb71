import { CircleCheck, CornerUpLeft } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "../../ui/Button";
import { TextArea } from "../../ui/Field";
import { Notice } from "../../ui/Notice";
import { errorWords } from "../../words";

export type Decision = { decision: "approve" | "send_back"; comment: string };

/** Approve, or send back with words. Sending back needs a reason; approving may have one. */
export function Decide({ onDecide }: { onDecide: (decision: Decision) => Promise<void> }) {
  const { t } = useTranslation();
  const [comment, setComment] = useState("");
  const [busy, setBusy] = useState<Decision["decision"] | null>(null);
  const [error, setError] = useState<unknown>(null);
  const [missing, setMissing] = useState(false);

  async function act(decision: Decision["decision"]) {
    setMissing(false);
    setError(null);
    if (decision === "send_back" && comment.trim() === "") {
      setMissing(true);
      return;
    }
    setBusy(decision);
    try {
      await onDecide({ decision, comment: comment.trim() });
    } catch (problem) {
      setError(problem);
    }
    setBusy(null);
  }

  return (
    <div className="decide">
      <TextArea
        label={t("approvals.comment")}
        hint={t("approvals.commentHint")}
        rows={3}
        maxLength={4000}
        value={comment}
        error={missing ? t("approvals.commentMissing") : undefined}
        onChange={(event) => setComment(event.target.value)}
      />
      {error !== null && (
        <Notice kind="error">
          <p>{errorWords(t, error)}</p>
        </Notice>
      )}
      <div className="decide__acts">
        <Button
          kind="primary"
          busy={busy === "approve"}
          disabled={busy === "send_back"}
          icon={<CircleCheck size={17} aria-hidden="true" />}
          onClick={() => act("approve")}
        >
          {t("approvals.approve")}
        </Button>
        <Button
          kind="danger-quiet"
          busy={busy === "send_back"}
          disabled={busy === "approve"}
          icon={<CornerUpLeft size={17} aria-hidden="true" />}
          onClick={() => act("send_back")}
        >
          {t("approvals.sendBack")}
        </Button>
      </div>
    </div>
  );
}
