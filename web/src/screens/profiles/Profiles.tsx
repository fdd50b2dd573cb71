import "../../styles/profiles.css";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { CircleCheck, Plus, TriangleAlert } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { may } from "../../api/access";
import { api } from "../../api/client";
import { queries } from "../../api/queries";
import type { Profile } from "../../api/types";
import { localeOf } from "../../i18n";
import { useMe } from "../../shell/me";
import { dateAndTime } from "../../time/format";
import { Button } from "../../ui/Button";
import { Confirm } from "../../ui/Confirm";
import { Empty, Loaded } from "../../ui/Loaded";
import { Avatar, calledBy, networkName } from "../../ui/Network";
import { Page } from "../../ui/Page";
import { say } from "../../ui/Toasts";
import { reasonWords } from "../../words";
import { ConnectDialog } from "./ConnectDialog";

export default function Profiles() {
  const { t, i18n } = useTranslation();
  const me = useMe();
  const queryClient = useQueryClient();
  const profiles = useQuery({ ...queries.profiles(), staleTime: 0, refetchInterval: 30_000 });
  const [connecting, setConnecting] = useState<Profile | "new" | null>(null);
  const [removing, setRemoving] = useState<Profile | null>(null);
  const mayConnect = may(me, "administer");
  const connect = mayConnect && (
    <Button kind="primary" icon={<Plus size={17} aria-hidden="true" />} onClick={() => setConnecting("new")}>
      {t("profiles.connectNew")}
    </Button>
  );
  const networks = useQuery(queries.networks());
  const byAddress = (profile: Profile) =>
    networks.data?.find((each) => each.network === profile.network)?.connect === "address";
  // A feed's handle is its address, which names the server already.
  const where = (profile: Profile) =>
    [profile.handle, networkName(profile.network), profile.server.replace(/^https?:\/\//, "")]
      .filter((part, place) => place < 2 || !profile.handle.startsWith(part))
      .join(" · ");

  return (
    <Page
      title={t("nav.profiles")}
      lead={mayConnect ? t("profiles.lead") : t("profiles.leadOthers")}
      actions={profiles.data?.length ? connect : undefined}
    >
      <Loaded query={profiles}>
        {(found: Profile[]) =>
          found.length === 0 ? (
            <Empty title={t("profiles.empty")} action={connect}>
              <p>{t("profiles.emptyWords")}</p>
            </Empty>
          ) : (
            me.departments
              .map((department) => ({
                department,
                there: found.filter((profile) => profile.department === department.id),
              }))
              .filter(({ there }) => there.length > 0)
              .map(({ department, there }) => (
                <section key={department.id} className="profiles" aria-label={department.name}>
                  <h2 className="profiles__department">{department.name}</h2>
                  <ul className="profiles__list">
                    {there.map((profile) => (
                      <li key={profile.id} className={`profile profile--${profile.status}`}>
                        <Avatar name={profile.display_name || profile.handle} network={profile.network} size={44} />
                        <div className="profile__words">
                          <p className="profile__name">{profile.display_name || profile.handle}</p>
                          <p className="profile__meta">{where(profile)}</p>
                          {profile.status === "broken" ? (
                            <p className="profile__status profile__status--broken">
                              <TriangleAlert size={15} aria-hidden="true" />
                              {t("profiles.broken")} {reasonWords(t, profile.status_reason ?? "profile_broken")}
                            </p>
                          ) : (
                            <p className="profile__status profile__status--connected">
                              <CircleCheck size={15} aria-hidden="true" />
                              {t("profiles.since", {
                                time: dateAndTime(profile.connected_at, me.agency.zone, localeOf(i18n.language)),
                              })}
                            </p>
                          )}
                        </div>
                        {may(me, "administer", profile.department) && (
                          <div className="profile__acts">
                            <Button
                              small
                              kind={profile.status === "broken" ? "primary" : "plain"}
                              aria-label={t("profiles.mendNamed", { handle: calledBy(profile) })}
                              onClick={() => setConnecting(profile)}
                            >
                              {t("profiles.mend")}
                            </Button>
                            <Button
                              small
                              kind="danger-quiet"
                              aria-label={t("profiles.removeNamed", { handle: calledBy(profile) })}
                              onClick={() => setRemoving(profile)}
                            >
                              {t("profiles.remove")}
                            </Button>
                          </div>
                        )}
                      </li>
                    ))}
                  </ul>
                </section>
              ))
          )
        }
      </Loaded>
      {connecting && (
        <ConnectDialog mends={connecting === "new" ? null : connecting} onClose={() => setConnecting(null)} />
      )}
      {removing && (
        <Confirm
          danger
          title={t("profiles.removeTitle", { handle: calledBy(removing) })}
          action={t("profiles.remove")}
          onClose={() => setRemoving(null)}
          onConfirm={async () => {
            await api.delete(`/profiles/${removing.id}`, removing.version);
            say(t("profiles.removed", { handle: calledBy(removing) }));
            await queryClient.invalidateQueries();
          }}
        >
          {byAddress(removing) ? (
            <p>{t("profiles.removeFeed")}</p>
          ) : (
            <>
              <p>{t("profiles.removeWords", { network: networkName(removing.network) })}</p>
              <p>{t("profiles.removeHeld")}</p>
            </>
          )}
        </Confirm>
      )}
    </Page>
  );
}
