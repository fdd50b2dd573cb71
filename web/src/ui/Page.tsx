import { type ReactNode, useEffect, useRef } from "react";
import { useMe } from "../shell/me";

let firstPage = true;

/** For the heading of a screen: its words stand in the tab, and it takes the focus when a person arrives by a link. */
export function useHeading(title: string) {
  const heading = useRef<HTMLHeadingElement>(null);
  const me = useMe();
  useEffect(() => {
    document.title = `${title} · ${me.agency.name} · Parvis`;
  }, [title, me.agency.name]);
  useEffect(() => {
    if (!firstPage) {
      heading.current?.focus({ preventScroll: true });
      window.scrollTo(0, 0);
    }
    firstPage = false;
  }, []);
  return heading;
}

type Props = { title: string; lead?: ReactNode; actions?: ReactNode; children: ReactNode };

/** A screen with its title. */
export function Page({ title, lead, actions, children }: Props) {
  const heading = useHeading(title);
  return (
    <div className="page">
      <header className="page__head">
        <div className="page__titles">
          <h1 ref={heading} tabIndex={-1}>
            {title}
          </h1>
          {lead && <div className="page__lead">{lead}</div>}
        </div>
        {actions && <div className="page__actions">{actions}</div>}
      </header>
      {children}
    </div>
  );
}
