import { TriangleAlert } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { Profile } from "../../api/types";
import { useMe } from "../../shell/me";
import { Avatar, networkName } from "../../ui/Network";
import { reasonWords } from "../../words";

type Props = { profiles: Profile[]; chosen: string[]; onChange: (targets: string[]) => void };

export function Targets({ profiles, chosen, onChange }: Props) {
  const { t } = useTranslation();
  const me = useMe();
  const departments = me.departments
    .map((department) => ({
      ...department,
      profiles: profiles.filter((profile) => profile.department === department.id),
    }))
    .filter((department) => department.profiles.length > 0);

  return (
    <fieldset className="targets">
      <legend className="field__label">{t("compose.targets")}</legend>
      {departments.map((department) => (
        <div key={department.id} className="targets__department">
          {departments.length > 1 && <p className="targets__name">{department.name}</p>}
          <div className="targets__row">
            {department.profiles.map((profile) => {
              const broken = profile.status === "broken";
              const on = chosen.includes(profile.id);
              return (
                <label
                  key={profile.id}
                  className={`target${on ? " target--on" : ""}${broken ? " target--broken" : ""}`}
                >
                  <input
                    type="checkbox"
                    checked={on}
                    // What is broken can be taken off, never put on.
                    disabled={broken && !on}
                    onChange={() => onChange(on ? chosen.filter((id) => id !== profile.id) : [...chosen, profile.id])}
                  />
                  <Avatar name={profile.display_name || profile.handle} network={profile.network} size={32} />
                  <span className="target__words">
                    <span className="target__name">{profile.display_name || profile.handle}</span>
                    <span className="target__handle">
                      <span className="visually-hidden">{networkName(profile.network)} </span>
                      {profile.handle}
                    </span>
                    {broken && (
                      <span className="target__why">
                        <TriangleAlert size={13} aria-hidden="true" />
                        {reasonWords(t, profile.status_reason ?? "profile_broken")}
                      </span>
                    )}
                  </span>
                </label>
              );
            })}
          </div>
        </div>
      ))}
    </fieldset>
  );
}
