import "../../styles/approvals.css";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { ArrowDown, ArrowUp, Pencil, Plus, Trash2 } from "lucide-react";
import { type FormEvent, useId, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { may } from "../../api/access";
import { api } from "../../api/client";
import { queries } from "../../api/queries";
import type { ApprovalStep, Person, Workflow } from "../../api/types";
import { useMe } from "../../shell/me";
import { Button } from "../../ui/Button";
import { Choice, TextInput } from "../../ui/Field";
import { Empty, Loaded } from "../../ui/Loaded";
import { Modal } from "../../ui/Modal";
import { Notice } from "../../ui/Notice";
import { Page } from "../../ui/Page";
import { say } from "../../ui/Toasts";
import { errorWords } from "../../words";

const EMPTY: ApprovalStep = { name: "", people: [], roles: [], emails: [], need: "any" };
const ROLES = ["approver", "publisher", "administrator"] as const;
const STEPS_MAX = 6;

const isEmail = (words: string) => /^[^@\s]+@[^@\s]+$/.test(words);
const isNamed = (step: ApprovalStep) => step.people.length + step.roles.length + step.emails.length > 0;

type StepProps = {
  step: ApprovalStep;
  number: number;
  last: boolean;
  people: Person[];
  tried: boolean;
  onChange: (step: ApprovalStep) => void;
  onMove: (by: -1 | 1) => void;
  onRemove: (() => void) | null;
};

function StepFields({ step, number, last, people, tried, onChange, onMove, onRemove }: StepProps) {
  const { t } = useTranslation();
  const name = useId();
  const [emails, setEmails] = useState(step.emails.join(", "));
  const toggle = <T,>(list: T[], value: T) =>
    list.includes(value) ? list.filter((each) => each !== value) : [...list, value];
  const wrong = emails
    .split(",")
    .map((each) => each.trim())
    .filter((each) => each !== "" && !isEmail(each));
  return (
    <fieldset className="step-fields">
      <legend>{t("workflows.step", { number })}</legend>
      <TextInput
        label={t("workflows.stepName")}
        value={step.name}
        maxLength={80}
        error={tried && step.name.trim() === "" ? t("workflows.nameMissing") : undefined}
        onChange={(event) => onChange({ ...step, name: event.target.value })}
      />
      <fieldset className="options">
        <legend>{t("workflows.who")}</legend>
        <div className="step-fields__who">
          {ROLES.map((role) => (
            <label key={role} className="option">
              <input
                type="checkbox"
                checked={step.roles.includes(role)}
                onChange={() => onChange({ ...step, roles: toggle(step.roles, role) })}
              />
              <span>{t(`workflows.everyRole.${role}`)}</span>
            </label>
          ))}
          {people.map((person) => (
            <label key={person.id} className="option">
              <input
                type="checkbox"
                checked={step.people.includes(person.id)}
                onChange={() => onChange({ ...step, people: toggle(step.people, person.id) })}
              />
              <span>{person.name}</span>
            </label>
          ))}
        </div>
      </fieldset>
      <TextInput
        label={t("workflows.emails")}
        hint={t("workflows.emailsHint")}
        value={emails}
        error={
          wrong.length > 0
            ? t("workflows.emailWrong", { email: wrong[0] })
            : tried && !isNamed(step)
              ? t("workflows.nobody")
              : undefined
        }
        onChange={(event) => {
          setEmails(event.target.value);
          onChange({
            ...step,
            emails: event.target.value
              .split(",")
              .map((each) => each.trim())
              .filter(isEmail),
          });
        }}
      />
      {(step.roles.length > 0 || step.people.length + step.emails.length > 1) && (
        <fieldset className="options">
          <legend className="visually-hidden">{t("workflows.howMany")}</legend>
          <div className="options__row">
            {(["any", "all"] as const).map((need) => (
              <label key={need} className="option">
                <input
                  type="radio"
                  name={name}
                  checked={step.need === need}
                  onChange={() => onChange({ ...step, need })}
                />
                <span>{t(`workflows.need.${need}`)}</span>
              </label>
            ))}
          </div>
        </fieldset>
      )}
      {onRemove && (
        <div className="step-fields__acts">
          <button
            type="button"
            className="icon-button"
            aria-label={t("workflows.up", { number })}
            disabled={number === 1}
            onClick={() => onMove(-1)}
          >
            <ArrowUp size={16} aria-hidden="true" />
          </button>
          <button
            type="button"
            className="icon-button"
            aria-label={t("workflows.down", { number })}
            disabled={last}
            onClick={() => onMove(1)}
          >
            <ArrowDown size={16} aria-hidden="true" />
          </button>
          <button
            type="button"
            className="icon-button"
            aria-label={t("workflows.remove", { number })}
            onClick={onRemove}
          >
            <Trash2 size={16} aria-hidden="true" />
          </button>
        </div>
      )}
    </fieldset>
  );
}

type DialogProps = { workflow: Workflow | null; free: string[]; onClose: () => void };

function WorkflowDialog({ workflow, free, onClose }: DialogProps) {
  const { t } = useTranslation();
  const me = useMe();
  const queryClient = useQueryClient();
  const people = useQuery(queries.people());
  const key = useRef(crypto.randomUUID());
  const [name, setName] = useState(workflow?.name ?? "");
  const [department, setDepartment] = useState(workflow?.department ?? free[0] ?? "");
  const [required, setRequired] = useState(workflow?.required ?? true);
  const [active, setActive] = useState(workflow?.active ?? true);
  const [steps, setSteps] = useState<(ApprovalStep & { key: string })[]>(() =>
    (workflow?.steps ?? [EMPTY]).map((step) => ({ ...step, key: crypto.randomUUID() })),
  );
  const [tried, setTried] = useState(false);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const able = (people.data ?? []).filter((person) =>
    person.roles.some((held) => held.department === department && (ROLES as readonly string[]).includes(held.role)),
  );

  async function submit(event: FormEvent) {
    event.preventDefault();
    setTried(true);
    const whole = name.trim() !== "" && steps.every((step) => step.name.trim() !== "" && isNamed(step));
    if (busy || !whole) return;
    setBusy(true);
    setError(null);
    const body = {
      name: name.trim(),
      department,
      required,
      active,
      steps: steps.map(({ key: _, ...step }) => ({ ...step, name: step.name.trim() })),
    };
    try {
      if (workflow) await api.patch<Workflow>(`/workflows/${workflow.id}`, body, workflow.version);
      else await api.post<Workflow>("/workflows", body, { idempotencyKey: key.current });
      await queryClient.invalidateQueries({ queryKey: ["workflows"] });
      say(t("workflows.saved"));
      onClose();
    } catch (problem) {
      setError(problem);
      setBusy(false);
      key.current = crypto.randomUUID();
    }
  }

  function move(from: number, by: -1 | 1) {
    const next = [...steps];
    const [taken] = next.splice(from, 1);
    if (taken) next.splice(from + by, 0, taken);
    setSteps(next);
  }

  return (
    <Modal title={workflow ? t("workflows.edit") : t("workflows.new")} onClose={onClose} wide>
      <form onSubmit={submit} className="modal__form" noValidate>
        <div className="modal__body">
          <div className="pair workflow__about">
            <TextInput
              label={t("workflows.name")}
              value={name}
              maxLength={80}
              error={tried && name.trim() === "" ? t("workflows.nameMissing") : undefined}
              onChange={(event) => setName(event.target.value)}
            />
            <Choice
              label={t("compose.department")}
              value={department}
              disabled={workflow !== null}
              onChange={(event) => setDepartment(event.target.value)}
            >
              {me.departments
                .filter((each) => each.id === department || free.includes(each.id))
                .map((each) => (
                  <option key={each.id} value={each.id}>
                    {each.name}
                  </option>
                ))}
            </Choice>
          </div>
          {steps.map((step, index) => (
            <StepFields
              key={step.key}
              step={step}
              number={index + 1}
              last={index === steps.length - 1}
              people={able}
              tried={tried}
              onChange={(changed) =>
                setSteps(steps.map((each) => (each.key === step.key ? { ...changed, key: step.key } : each)))
              }
              onMove={(by) => move(index, by)}
              onRemove={steps.length > 1 ? () => setSteps(steps.filter((each) => each.key !== step.key)) : null}
            />
          ))}
          {steps.length < STEPS_MAX && (
            <Button
              small
              icon={<Plus size={15} aria-hidden="true" />}
              onClick={() => setSteps([...steps, { ...EMPTY, key: crypto.randomUUID() }])}
            >
              {t("workflows.addStep")}
            </Button>
          )}
          <label className="option">
            <input type="checkbox" checked={required} onChange={() => setRequired(!required)} />
            <span>{t("workflows.required")}</span>
          </label>
          <label className="option">
            <input type="checkbox" checked={active} onChange={() => setActive(!active)} />
            <span>{t("workflows.active")}</span>
          </label>
          {error !== null && <Notice kind="error">{errorWords(t, error)}</Notice>}
        </div>
        <footer className="modal__foot">
          <Button onClick={onClose}>{t("common.cancel")}</Button>
          <Button kind="primary" submit busy={busy}>
            {t("common.save")}
          </Button>
        </footer>
      </form>
    </Modal>
  );
}

export default function Workflows() {
  const { t } = useTranslation();
  const me = useMe();
  const workflows = useQuery(queries.workflows());
  const people = useQuery(queries.people());
  const who = (step: ApprovalStep) => [
    ...step.people.map((id) => people.data?.find((person) => person.id === id)?.name ?? "…"),
    ...step.roles.map((role) => t(`approvals.everyRole.${role}`)),
    ...step.emails,
  ];
  const [editing, setEditing] = useState<Workflow | "new" | null>(null);
  const free = me.departments
    .filter((department) => may(me, "administer", department.id))
    .map((department) => department.id)
    .filter((id) => !workflows.data?.some((workflow) => workflow.department === id));
  const add = free.length > 0 && (
    <Button kind="primary" icon={<Plus size={17} aria-hidden="true" />} onClick={() => setEditing("new")}>
      {t("workflows.new")}
    </Button>
  );
  return (
    <Page title={t("workflows.title")} lead={t("workflows.lead")} actions={workflows.data?.length ? add : undefined}>
      <Loaded query={workflows}>
        {(found: Workflow[]) =>
          found.length === 0 ? (
            <Empty title={t("workflows.empty")} action={add}>
              <p>{t("workflows.emptyWords")}</p>
            </Empty>
          ) : (
            <ul className="workflows">
              {found.map((workflow) => (
                <li key={workflow.id} className="sheet workflow">
                  <div className="workflow__head">
                    <h2>{workflow.name}</h2>
                    {may(me, "administer", workflow.department) && (
                      <button
                        type="button"
                        className="icon-button"
                        aria-label={t("workflows.editNamed", { name: workflow.name })}
                        onClick={() => setEditing(workflow)}
                      >
                        <Pencil size={16} aria-hidden="true" />
                      </button>
                    )}
                  </div>
                  <p className="workflow__meta">
                    <span>{me.departments.find((department) => department.id === workflow.department)?.name}</span>
                    <span>{t(workflow.required ? "workflows.isRequired" : "workflows.isOptional")}</span>
                    {!workflow.active && <span className="workflow__off">{t("workflows.inactive")}</span>}
                  </p>
                  <ol className="workflow__steps">
                    {workflow.steps.map((step, index) => (
                      // biome-ignore lint/suspicious/noArrayIndexKey: steps never move here
                      <li key={index}>
                        <span className="workflow__number" aria-hidden="true">
                          {index + 1}
                        </span>
                        <div>
                          <p className="workflow__step">{step.name}</p>
                          <p className="step__who">
                            {who(step).length > 1 && `${t(`approvals.need.${step.need}`)} `}
                            <bdi>{who(step).join(", ")}</bdi>
                          </p>
                        </div>
                      </li>
                    ))}
                  </ol>
                </li>
              ))}
            </ul>
          )
        }
      </Loaded>
      {editing && (
        <WorkflowDialog workflow={editing === "new" ? null : editing} free={free} onClose={() => setEditing(null)} />
      )}
    </Page>
  );
}
