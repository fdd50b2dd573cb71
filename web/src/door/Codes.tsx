import { Copy, Download } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "../ui/Button";
import { Notice } from "../ui/Notice";

/** Recovery codes, which are shown this once. */
export function Codes({ codes, action, onDone }: { codes: string[]; action: string; onDone: () => void }) {
  const { t } = useTranslation();
  const [copied, setCopied] = useState(false);
  const [kept, setKept] = useState(false);
  const text = `${codes.join("\n")}\n`;

  function download() {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], { type: "text/plain" }));
    link.download = "parvis-codes.txt";
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  }

  return (
    <div className="codes">
      <Notice kind="warning" title={t("recovery.once")}>
        <p>{t("recovery.onceWords")}</p>
      </Notice>
      <ul className="codes__list" aria-label={t("recovery.title")}>
        {codes.map((code) => (
          <li key={code}>
            <code>{code}</code>
          </li>
        ))}
      </ul>
      <div className="codes__acts">
        <Button
          small
          icon={<Copy size={15} aria-hidden="true" />}
          onClick={() => void navigator.clipboard?.writeText(text).then(() => setCopied(true))}
        >
          {copied ? t("recovery.copied") : t("recovery.copy")}
        </Button>
        <Button small icon={<Download size={15} aria-hidden="true" />} onClick={download}>
          {t("recovery.download")}
        </Button>
      </div>
      <label className="check">
        <input type="checkbox" checked={kept} onChange={(event) => setKept(event.target.checked)} />
        {t("recovery.kept")}
      </label>
      <Button kind="primary" className="button--block" disabled={!kept} onClick={onDone}>
        {action}
      </Button>
    </div>
  );
}
