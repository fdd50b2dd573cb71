import { useId } from "react";
import { useTranslation } from "react-i18next";
import type { Tracking as Marks } from "../../api/types";
import { campaignTyped, hostsOf, slug } from "../../text/tracking";
import { TextInput } from "../../ui/Field";

type Props = {
  tracking: Marks | null;
  texts: string[];
  /** The name of the campaign that the post belongs to. */
  campaign: string | undefined;
  onChange: (tracking: Marks | null) => void;
};

/** The campaign's parameters on links, when somebody asks for them: offered where the words hold a link. Which sites'
 * links is ticked by hand, as those of others may break, and tell others what we do. */
export function Tracking({ tracking, texts, campaign, onChange }: Props) {
  const { t } = useTranslation();
  const heading = useId();
  const inText = hostsOf(texts);
  const hosts = [...new Set([...inText, ...(tracking?.hosts ?? [])])];
  if (!tracking && hosts.length === 0) return null;
  return (
    <section className={`tracking${tracking ? " carding__box" : ""}`} aria-label={t("compose.tracking.title")}>
      <label className="option tracking__switch">
        <input
          type="checkbox"
          checked={tracking !== null}
          onChange={(event) =>
            onChange(
              event.target.checked ? { campaign: slug(campaign), hosts: inText.length === 1 ? inText : [] } : null,
            )
          }
        />
        <span>{t("compose.tracking.on")}</span>
      </label>
      {tracking && (
        <>
          {hosts.length > 0 && (
            <fieldset className="options" aria-describedby={heading}>
              <legend className="field__label">{t("compose.tracking.sites")}</legend>
              <div className="options__row">
                {hosts.map((host) => (
                  <label key={host} className="option tracking__host">
                    <input
                      type="checkbox"
                      checked={tracking.hosts.includes(host)}
                      onChange={(event) => {
                        const others = tracking.hosts.filter((each) => each !== host);
                        onChange({ ...tracking, hosts: event.target.checked ? [...others, host] : others });
                      }}
                    />
                    <bdi>{host}</bdi>
                  </label>
                ))}
              </div>
            </fieldset>
          )}
          <TextInput
            label={t("compose.tracking.campaign")}
            optional={t("common.optional")}
            value={tracking.campaign ?? ""}
            dir="ltr"
            autoCapitalize="none"
            spellCheck={false}
            onChange={(event) => onChange({ ...tracking, campaign: campaignTyped(event.target.value) })}
          />
          <p className="tracking__note" id={heading}>
            {t(tracking.hosts.length > 0 ? "compose.tracking.note" : "compose.tracking.none")}
          </p>
        </>
      )}
    </section>
  );
}
