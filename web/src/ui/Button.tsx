import type { ButtonHTMLAttributes, ReactNode } from "react";

type Kind = "plain" | "primary" | "quiet" | "danger" | "danger-quiet";

type Props = Omit<ButtonHTMLAttributes<HTMLButtonElement>, "type"> & {
  kind?: Kind;
  /** Work is under way: the button stays in reach and in its place but does nothing more. */
  busy?: boolean;
  icon?: ReactNode;
  small?: boolean;
  submit?: boolean;
};

export function Button({ kind = "plain", busy, icon, small, submit, className, children, onClick, ...rest }: Props) {
  return (
    <button
      {...rest}
      type={submit ? "submit" : "button"}
      className={`button button--${kind}${small ? " button--small" : ""}${className ? ` ${className}` : ""}`}
      aria-disabled={busy || undefined}
      aria-busy={busy || undefined}
      onClick={(event) => {
        if (busy) event.preventDefault();
        else onClick?.(event);
      }}
    >
      {busy ? <span className="spinner" aria-hidden="true" /> : icon}
      {children}
    </button>
  );
}
