import type { ReactNode } from "react";
import { useHeading } from "../../ui/Page";

function Own({ title, children }: { title: string; children: ReactNode }) {
  const heading = useHeading(title);
  return (
    <h1 ref={heading} tabIndex={-1}>
      {children}
    </h1>
  );
}

/** The heading of a pane; the one that the address speaks of is the screen's own. */
export function Heading({ own, title, children = title }: { own: boolean; title: string; children?: ReactNode }) {
  return own ? <Own title={title}>{children}</Own> : <h2>{children}</h2>;
}
