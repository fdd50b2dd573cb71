import { useTranslation } from "react-i18next";
import { may } from "../../api/access";
import type { Me, Role } from "../../api/types";
import { useMe } from "../../shell/me";

export const ROLES = [
  "contributor",
  "publisher",
  "approver",
  "responder",
  "analyst",
  "duty_officer",
  "administrator",
] as const satisfies readonly Role[];

export type Held = Me["roles"];

type Props = { held: Held; onChange: (held: Held) => void };

/** What somebody may do, in each department; those that one does not administer are shown and stay as they are. */
export function RoleFields({ held, onChange }: Props) {
  const { t } = useTranslation();
  const me = useMe();
  const has = (department: string, role: Role) =>
    held.some((each) => each.department === department && each.role === role);
  const toggle = (department: string, role: Role) =>
    onChange(
      has(department, role)
        ? held.filter((each) => each.department !== department || each.role !== role)
        : [...held, { department, role }],
    );
  return (
    <div className="role-fields">
      {me.departments.map((department) => {
        const mine = may(me, "administer", department.id);
        return (
          <fieldset key={department.id} className="options" disabled={!mine}>
            <legend>{t("people.rolesIn", { department: department.name })}</legend>
            {!mine && <p className="field__hint">{t("people.notYours")}</p>}
            <div className="role-fields__row">
              {ROLES.map((role) => (
                <label key={role} className="check">
                  <input
                    type="checkbox"
                    checked={has(department.id, role)}
                    onChange={() => toggle(department.id, role)}
                  />
                  {t(`notifications.roles.${role}`)}
                </label>
              ))}
            </div>
          </fieldset>
        );
      })}
    </div>
  );
}
