import {
  Ban,
  CalendarClock,
  CircleCheck,
  CircleHelp,
  CircleX,
  Clock,
  Hand,
  PencilLine,
  Send,
  ShieldCheck,
} from "lucide-react";
import { useTranslation } from "react-i18next";
import type { DeliveryState, DeliverySummary, PostState } from "../api/types";

/** What a post looks like as a whole: its own state, or the most pressing of its deliveries. */
export type ShownState = PostState | DeliveryState;

const ICONS = {
  draft: PencilLine,
  in_review: Hand,
  approved: ShieldCheck,
  scheduled: CalendarClock,
  done: CircleCheck,
  cancelled: Ban,
  held: Hand,
  queued: Clock,
  publishing: Send,
  published: CircleCheck,
  failed: CircleX,
  unconfirmed: CircleHelp,
};

const PRESSING: DeliveryState[] = ["failed", "unconfirmed", "held", "publishing"];

export function overall(state: PostState, deliveries: Pick<DeliverySummary, "state">[]): ShownState {
  const pressing = PRESSING.find((wanted) => deliveries.some((delivery) => delivery.state === wanted));
  if (pressing) return pressing;
  if (state === "done" && deliveries.some((delivery) => delivery.state === "published")) return "published";
  return state;
}

export function StateMark({ state, size = 15 }: { state: ShownState; size?: number }) {
  const Icon = ICONS[state];
  return <Icon size={size} aria-hidden="true" className={`state-mark state--${state}`} />;
}

export function StateBadge({ state }: { state: ShownState }) {
  const { t } = useTranslation();
  return (
    <span className={`state state--${state}`}>
      <StateMark state={state} size={14} />
      {t(`states.${state}`)}
    </span>
  );
}
