import { useTranslation } from "react-i18next";
import { TextInput } from "../ui/Field";

export const SHORTEST = 12;

type Props = { value: string; onChange: (value: string) => void; tried: boolean; label?: string };

/** A password that is chosen. Its length is what counts; a manager may write it. */
export function NewPassword({ value, onChange, tried, label }: Props) {
  const { t } = useTranslation();
  return (
    <TextInput
      label={label ?? t("password.new")}
      hint={t("password.hint", { count: SHORTEST })}
      error={tried && value.length < SHORTEST ? t("errors.password_too_short") : undefined}
      type="password"
      autoComplete="new-password"
      required
      maxLength={256}
      value={value}
      onChange={(event) => onChange(event.target.value)}
    />
  );
}
