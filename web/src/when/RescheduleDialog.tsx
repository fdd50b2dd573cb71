import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Schedule } from "../api/types";
import { useMe } from "../shell/me";
import { Confirm } from "../ui/Confirm";
import { asSchedule, type Due, firstProposal } from "./due";
import { When } from "./When";

type Props = {
  title: string;
  start?: Due;
  onReschedule: (schedule: Schedule) => Promise<unknown>;
  onClose: () => void;
};

export default function RescheduleDialog({ title, start, onReschedule, onClose }: Props) {
  const { t } = useTranslation();
  const me = useMe();
  const [due, setDue] = useState<Due>(() => start ?? firstProposal(me.agency.zone, Date.now()));
  return (
    <Confirm
      title={title}
      action={t("post.reschedule")}
      onConfirm={() => onReschedule(asSchedule(due))}
      onClose={onClose}
    >
      <When due={due} onChange={setDue} />
    </Confirm>
  );
}
