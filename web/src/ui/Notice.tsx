import { CircleAlert, CircleCheck, Info, TriangleAlert } from "lucide-react";
import type { ReactNode } from "react";

const ICONS = { info: Info, success: CircleCheck, warning: TriangleAlert, error: CircleAlert };

type Props = { kind?: keyof typeof ICONS; title?: string; children?: ReactNode; actions?: ReactNode };

/** Something to know, in place. Errors are announced at once, the rest politely. */
export function Notice({ kind = "info", title, children, actions }: Props) {
  const Icon = ICONS[kind];
  return (
    <div className={`notice notice--${kind}`} role={kind === "error" ? "alert" : "status"}>
      <Icon size={18} aria-hidden="true" className="notice__icon" />
      <div className="notice__words">
        {title && <p className="notice__title">{title}</p>}
        {children}
      </div>
      {actions && <div className="notice__actions">{actions}</div>}
    </div>
  );
}
