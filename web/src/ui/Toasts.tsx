import { CircleAlert, CircleCheck, X } from "lucide-react";
import { useSyncExternalStore } from "react";
import { useTranslation } from "react-i18next";

type Toast = { id: number; words: string; kind: "success" | "error" };

let toasts: readonly Toast[] = [];
let last = 0;
const listeners = new Set<() => void>();

function change(next: readonly Toast[]) {
  toasts = next;
  for (const listener of listeners) listener();
}

const dismiss = (id: number) => change(toasts.filter((toast) => toast.id !== id));

/** Says what was done. An error stays until it is read and closed; good news leaves by itself. */
export function say(words: string, kind: Toast["kind"] = "success"): void {
  last += 1;
  const id = last;
  change([...toasts.slice(-3), { id, words, kind }]);
  if (kind === "success") setTimeout(() => dismiss(id), 7_000);
}

function subscribe(listener: () => void) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function Toasts() {
  const { t } = useTranslation();
  const shown = useSyncExternalStore(subscribe, () => toasts);
  return (
    <div className="toasts" role="log" aria-live="polite" aria-label={t("common.messages")}>
      {shown.map((toast) => (
        <div key={toast.id} className={`toast toast--${toast.kind}`}>
          {toast.kind === "success" ? (
            <CircleCheck size={18} aria-hidden="true" />
          ) : (
            <CircleAlert size={18} aria-hidden="true" />
          )}
          <p>{toast.words}</p>
          <button
            type="button"
            className="icon-button"
            aria-label={t("common.close")}
            onClick={() => dismiss(toast.id)}
          >
            <X size={16} aria-hidden="true" />
          </button>
        </div>
      ))}
    </div>
  );
}
