import { useTranslation } from "react-i18next";
import { TextInput } from "../ui/Field";

type Props = { value: string; onChange: (value: string) => void; autoFocus?: boolean };

export const isCode = (value: string) => /^\d{6}$/.test(value);

/** The six digits that an authenticator shows; blanks that come with pasting are dropped. */
export function CodeInput({ value, onChange, autoFocus }: Props) {
  const { t } = useTranslation();
  return (
    <TextInput
      label={t("secondFactor.code")}
      hint={t("secondFactor.codeHint")}
      inputMode="numeric"
      autoComplete="one-time-code"
      required
      autoFocus={autoFocus}
      value={value}
      onChange={(event) => onChange(event.target.value.replace(/\D/g, "").slice(0, 6))}
    />
  );
}
