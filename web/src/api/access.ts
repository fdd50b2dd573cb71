import type { Me, Role } from "./types";

/** What each role may do, as the API has it (chalicelib/team/actor.py). The API decides again. */
const ACTS = {
  contributor: ["read", "write"],
  publisher: ["read", "write", "publish", "pause", "approve", "inbox", "respond"],
  approver: ["read", "approve"],
  responder: ["read", "inbox", "respond"],
  analyst: ["read", "inbox", "analyse"],
  duty_officer: ["read", "inbox", "pause", "alert"],
  administrator: ["read", "write", "publish", "pause", "approve", "inbox", "respond", "analyse", "alert", "administer"],
} as const satisfies Record<Role, readonly string[]>;

export type Act = (typeof ACTS)[Role][number];

/** Whether a person may do this in the department (in any, when none is named). */
export function may(me: Pick<Me, "roles">, act: Act, department?: string): boolean {
  return me.roles.some(
    (held) =>
      (department === undefined || held.department === department) &&
      (ACTS[held.role] as readonly string[]).includes(act),
  );
}
