import type { Me, Role } from "./types";

const RANK: Record<Role, number> = { contributor: 0, publisher: 1, administrator: 2 };

/** Whether a person holds at least this role in the department (in any, when none is named). The API decides again. */
export function holds(me: Me, role: Role, department?: string): boolean {
  return me.roles.some(
    (held) => (department === undefined || held.department === department) && RANK[held.role] >= RANK[role],
  );
}
