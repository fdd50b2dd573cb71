import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../api/client";
import { queries } from "../api/queries";
import type { CheckResult, PostContent, Schedule } from "../api/types";
import { useMe } from "../shell/me";
import { Confirm } from "../ui/Confirm";
import { asSchedule, type Due, firstProposal, instant } from "./due";
import { Warnings } from "./Warnings";
import { When } from "./When";

type Props = {
  title: string;
  start?: Due;
  /** The post that gets the time, where it is one: what else leaves then is said. */
  post?: { id: string; content: PostContent };
  onReschedule: (schedule: Schedule) => Promise<unknown>;
  onClose: () => void;
};

export default function RescheduleDialog({ title, start, post, onReschedule, onClose }: Props) {
  const { t } = useTranslation();
  const me = useMe();
  const [due, setDue] = useState<Due>(() => start ?? firstProposal(me.agency.zone, Date.now()));
  const at = instant(due);
  const checks = useQuery({
    queryKey: ["checks", post?.id, at],
    queryFn: ({ signal }) =>
      api.post<CheckResult>(
        "/checks",
        { ...post?.content, post: post?.id, due_at: new Date(at ?? 0).toISOString() },
        { signal },
      ),
    enabled: post !== undefined && at !== null,
    staleTime: 0,
    retry: false,
  });
  const profiles = useQuery({ ...queries.profiles(), enabled: post !== undefined });
  return (
    <Confirm
      title={title}
      action={t("post.reschedule")}
      onConfirm={() => onReschedule(asSchedule(due))}
      onClose={onClose}
    >
      <When due={due} onChange={setDue} />
      <Warnings
        warnings={checks.data?.warnings.filter((warning) => warning.code === "clash") ?? []}
        profiles={profiles.data ?? []}
      />
    </Confirm>
  );
}
