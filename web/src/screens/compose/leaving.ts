import type { Workflow } from "../../api/types";

/** When it leaves: at a time, now, or at one that is chosen once it is approved. */
export type Mode = "at" | "now" | "later";

type Given = {
  mayPublish: boolean;
  mayWrite: boolean;
  /** The department's, if it has one in use. */
  workflow: Pick<Workflow, "required"> | undefined;
  /** It is in review or was approved: a change voids that, and it is submitted again. */
  again: boolean;
};

export type Ways = {
  modes: Mode[];
  /** Of those: the one chosen, or the first where that is not offered. */
  mode: Mode;
  submit: "primary" | "plain" | null;
  publish: boolean;
  /** Nothing of theirs leaves without its workflow. */
  must: boolean;
};

/** How what is being written may go on its way, and what the buttons below it are. The API decides again. */
export function ways({ mayPublish, mayWrite, workflow, again }: Given, chosen: Mode): Ways {
  const maySubmit = workflow !== undefined && mayWrite;
  const must = maySubmit && (workflow.required || !mayPublish);
  const modes: Mode[] = [];
  if (again ? maySubmit : mayPublish || maySubmit) modes.push("at");
  if (!again && mayPublish && !must) modes.push("now");
  if (maySubmit) modes.push("later");
  const mode = modes.includes(chosen) ? chosen : "at";
  if (again) return { modes, mode, submit: maySubmit ? "primary" : null, publish: false, must };
  // What leaves now waits for nobody's decision, and what has no time yet cannot be scheduled.
  const publish = mayPublish && !must && mode !== "later";
  const submit = !maySubmit || (!must && mode === "now") ? null : publish ? "plain" : "primary";
  return { modes, mode, submit, publish, must };
}
