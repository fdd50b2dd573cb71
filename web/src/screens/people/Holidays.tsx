import { useQuery, useQueryClient } from "@tanstack/react-query";
import { CalendarHeart } from "lucide-react";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../../api/client";
import { queries } from "../../api/queries";
import type { AgencySettings, Country } from "../../api/types";
import { localeOf } from "../../i18n";
import { Choice } from "../../ui/Field";
import { Loaded } from "../../ui/Loaded";
import { say } from "../../ui/Toasts";
import { errorWords } from "../../words";

function Choices({ agency, countries }: { agency: AgencySettings; countries: Country[] }) {
  const { t, i18n } = useTranslation();
  const locale = localeOf(i18n.language);
  const queryClient = useQueryClient();
  const { queryKey } = queries.agency();
  const parts = useQuery({ ...queries.subdivisions(agency.country ?? ""), enabled: agency.country !== null });
  const [busy, setBusy] = useState(false);
  const [called, sorted] = useMemo(() => {
    const names = new Intl.DisplayNames([locale], { type: "region" });
    const name = (code: string) => names.of(code) ?? code;
    return [
      name,
      countries.map(({ code }) => ({ code, name: name(code) })).sort((a, b) => a.name.localeCompare(b.name, locale)),
    ];
  }, [countries, locale]);

  async function choose(country: string | null, subdivision: string | null) {
    if (busy) return;
    setBusy(true);
    try {
      const body = { country, subdivision };
      queryClient.setQueryData(queryKey, await api.patch<AgencySettings>("/agency", body, agency.version));
      say(t("agenda.saved"));
      await queryClient.invalidateQueries({ queryKey: ["holidays"] });
    } catch (error) {
      say(errorWords(t, error), "error");
      await queryClient.invalidateQueries({ queryKey });
    } finally {
      setBusy(false);
    }
  }

  const byZone =
    agency.country === null && agency.country_shown
      ? t("agenda.byZone", { country: called(agency.country_shown) })
      : t("agenda.byZoneNone");
  return (
    <div className="pair">
      <Choice
        label={t("agenda.countryOf")}
        value={agency.country ?? ""}
        disabled={busy}
        onChange={(event) => void choose(event.target.value || null, null)}
      >
        <option value="">{byZone}</option>
        {sorted.map(({ code, name }) => (
          <option key={code} value={code}>
            {name}
          </option>
        ))}
      </Choice>
      {agency.country !== null && (parts.data?.length ?? 0) > 0 && (
        <Choice
          label={t("agenda.part")}
          value={agency.subdivision ?? ""}
          disabled={busy}
          onChange={(event) => void choose(agency.country, event.target.value || null)}
        >
          <option value="">{t("agenda.wholeCountry")}</option>
          {parts.data?.map((part) => (
            <option key={part.code} value={part.code}>
              {part.name}
            </option>
          ))}
        </Choice>
      )}
    </div>
  );
}

/** Whose public holidays the calendar shows. */
export function Holidays() {
  const { t } = useTranslation();
  const agency = useQuery(queries.agency());
  const countries = useQuery(queries.countries());
  return (
    <section className="sheet way policy" aria-labelledby="holidays-title">
      <CalendarHeart size={22} aria-hidden="true" />
      <div className="way__words">
        <h2 id="holidays-title">{t("agenda.country")}</h2>
        <p className="muted">{t("agenda.countryWords")}</p>
        <Loaded query={agency} rows={1}>
          {(found: AgencySettings) => (
            <Loaded query={countries} rows={1}>
              {(known: Country[]) => <Choices agency={found} countries={known} />}
            </Loaded>
          )}
        </Loaded>
      </div>
    </section>
  );
}
