import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { queries } from "../api/queries";
import type { Scope } from "../api/types";
import { networkName } from "../ui/Network";
import { useMe } from "./me";

/** A function that names what a pause covers, in words. */
export function useScopeName(): (scope: Scope) => string {
  const { t } = useTranslation();
  const me = useMe();
  const profiles = useQuery(queries.profiles());
  const campaigns = useQuery(queries.campaigns());
  return (scope) => {
    switch (scope.kind) {
      case "agency":
        return me.agency.name;
      case "department":
        return me.departments.find((department) => department.id === scope.id)?.name ?? t("pause.kinds.department");
      case "profile": {
        const profile = profiles.data?.find((candidate) => candidate.id === scope.id);
        return profile ? `${profile.handle} (${networkName(profile.network)})` : t("pause.kinds.profile");
      }
      case "campaign":
        return campaigns.data?.find((campaign) => campaign.id === scope.id)?.name ?? t("pause.kinds.campaign");
    }
  };
}
