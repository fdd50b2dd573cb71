import { type ReactNode, useEffect } from "react";
import { useTranslation } from "react-i18next";
import { speak } from "../i18n";
import { Mark } from "../shell/Mark";
import { LanguageSwitch, ThemeSwitch } from "../shell/Preferences";

type Props = { title: string; lead?: ReactNode; children: ReactNode; foot?: ReactNode };

/** The card that stands before everything else: signing in, a new password, an invitation, the second factor. */
export function Door({ title, lead, children, foot }: Props) {
  const { t } = useTranslation();
  useEffect(() => {
    document.title = `${title} · Parvis`;
  }, [title]);
  return (
    <div className="sign-in">
      <div className="sign-in__paving" aria-hidden="true" />
      <main className="sign-in__card">
        <div className="sign-in__brand">
          <Mark size={40} />
          <div>
            <p className="sign-in__name">Parvis</p>
            <p className="sign-in__tagline">{t("signIn.tagline")}</p>
          </div>
        </div>
        <h1>{title}</h1>
        {lead && <p className="muted">{lead}</p>}
        {children}
        <footer className="sign-in__foot">
          <LanguageSwitch onChange={(language) => void speak(language)} />
          {foot ?? <ThemeSwitch />}
        </footer>
      </main>
    </div>
  );
}
