import { useTranslation } from "react-i18next";
import type { Profile, Warning } from "../api/types";
import { localeOf } from "../i18n";
import { useMe } from "../shell/me";
import { dayAndTime } from "../time/format";
import { networkName } from "../ui/Network";
import { Notice } from "../ui/Notice";

type Props = { warnings: Warning[]; profiles: Profile[] };

/** Other posts that this one repeats or comes close to. It stops nobody. The other post opens beside what is written. */
export function Warnings({ warnings, profiles }: Props) {
  const { t, i18n } = useTranslation();
  const me = useMe();
  const locale = localeOf(i18n.language);
  // Where it also says the same, its time tells of the clash.
  const repeated = warnings.filter(({ code }) => code === "duplicate").map(({ post }) => post);
  const shown = warnings.filter(({ code, post }) => code === "duplicate" || !repeated.includes(post));
  if (shown.length === 0) return null;
  const where = (ids: string[]) => {
    const networks = ids.flatMap((id) => profiles.find((profile) => profile.id === id)?.network ?? []);
    return new Intl.ListFormat(locale).format(new Set(networks.map(networkName)));
  };
  return (
    <Notice title={t("warnings.title")}>
      <ul className="warnings">
        {shown.map((warning) => (
          <li key={`${warning.code}/${warning.post}`}>
            {t(`warnings.${warning.code}`, {
              networks: where(warning.profiles),
              time: dayAndTime(warning.due_at, me.agency.zone, locale),
            })}{" "}
            <a href={`/posts/${warning.post}`} target="_blank" rel="noreferrer">
              <bdi>{warning.title || t("warnings.post")}</bdi>
            </a>
          </li>
        ))}
      </ul>
    </Notice>
  );
}
