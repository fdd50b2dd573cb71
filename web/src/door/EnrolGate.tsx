import { LogOut } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../api/client";
import type { Me } from "../api/types";
import { Button } from "../ui/Button";
import { Codes } from "./Codes";
import { Door } from "./Door";
import { Enrolment } from "./Enrolment";

type Props = { onMe: (me: Me) => void; onSignOut: () => Promise<void> };

/** For who must have a second factor and has none: there is no way past it. */
export function EnrolGate({ onMe, onSignOut }: Props) {
  const { t } = useTranslation();
  const [codes, setCodes] = useState<string[] | null>(null);
  const out = (
    <Button small icon={<LogOut size={15} aria-hidden="true" />} onClick={() => void onSignOut()}>
      {t("nav.signOut")}
    </Button>
  );
  return (
    <Door
      title={codes ? t("recovery.title") : t("secondFactor.title")}
      lead={codes ? null : t("secondFactor.must")}
      foot={out}
    >
      {codes ? (
        <Codes codes={codes} action={t("recovery.goOn")} onDone={() => void api.get<Me>("/me").then(onMe)} />
      ) : (
        <Enrolment again={false} onCodes={setCodes} />
      )}
    </Door>
  );
}
