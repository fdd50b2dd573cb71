import "../styles/profiles.css";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Pencil, Plus } from "lucide-react";
import { type FormEvent, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";
import { may } from "../api/access";
import { api } from "../api/client";
import { queries } from "../api/queries";
import type { Campaign } from "../api/types";
import { localeOf } from "../i18n";
import { useMe } from "../shell/me";
import { plainDate } from "../time/format";
import { Button } from "../ui/Button";
import { Choice, TextArea, TextInput } from "../ui/Field";
import { Empty, Loaded } from "../ui/Loaded";
import { Modal } from "../ui/Modal";
import { Notice } from "../ui/Notice";
import { Page } from "../ui/Page";
import { say } from "../ui/Toasts";
import { errorWords } from "../words";

function CampaignDialog({ campaign, onClose }: { campaign: Campaign | null; onClose: () => void }) {
  const { t } = useTranslation();
  const me = useMe();
  const queryClient = useQueryClient();
  const key = useRef(crypto.randomUUID());
  const own = me.departments.filter((department) => may(me, "write", department.id));
  const [name, setName] = useState(campaign?.name ?? "");
  const [department, setDepartment] = useState(campaign?.department ?? own[0]?.id ?? "");
  const [brief, setBrief] = useState(campaign?.brief ?? "");
  const [starts, setStarts] = useState(campaign?.starts_on ?? "");
  const [ends, setEnds] = useState(campaign?.ends_on ?? "");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const [tried, setTried] = useState(false);
  const backwards = starts !== "" && ends !== "" && ends < starts;

  async function submit(event: FormEvent) {
    event.preventDefault();
    setTried(true);
    if (busy || name.trim() === "" || backwards) return;
    setBusy(true);
    setError(null);
    const body = { name: name.trim(), brief, starts_on: starts || null, ends_on: ends || null };
    try {
      if (campaign) await api.patch<Campaign>(`/campaigns/${campaign.id}`, body, campaign.version);
      else await api.post<Campaign>("/campaigns", { ...body, department }, { idempotencyKey: key.current });
      await queryClient.invalidateQueries({ queryKey: ["campaigns"] });
      say(campaign ? t("campaigns.changed") : t("campaigns.created"));
      onClose();
    } catch (problem) {
      setError(problem);
      setBusy(false);
      key.current = crypto.randomUUID();
    }
  }

  return (
    <Modal title={campaign ? t("campaigns.edit") : t("campaigns.new")} onClose={onClose}>
      <form onSubmit={submit} className="modal__form" noValidate>
        <div className="modal__body">
          <TextInput
            label={t("campaigns.name")}
            value={name}
            maxLength={120}
            error={tried && name.trim() === "" ? t("campaigns.nameMissing") : undefined}
            onChange={(event) => setName(event.target.value)}
          />
          {!campaign && own.length > 1 && (
            <Choice
              label={t("compose.department")}
              value={department}
              onChange={(event) => setDepartment(event.target.value)}
            >
              {own.map((candidate) => (
                <option key={candidate.id} value={candidate.id}>
                  {candidate.name}
                </option>
              ))}
            </Choice>
          )}
          <div className="pair">
            <TextInput
              label={t("campaigns.starts")}
              type="date"
              value={starts}
              onChange={(event) => setStarts(event.target.value)}
            />
            <TextInput
              label={t("campaigns.ends")}
              type="date"
              value={ends}
              error={backwards ? t("campaigns.backwards") : undefined}
              onChange={(event) => setEnds(event.target.value)}
            />
          </div>
          <TextArea
            label={t("campaigns.brief")}
            rows={4}
            maxLength={5000}
            value={brief}
            onChange={(event) => setBrief(event.target.value)}
          />
          {error !== null && <Notice kind="error">{errorWords(t, error)}</Notice>}
        </div>
        <footer className="modal__foot">
          <Button onClick={onClose}>{t("common.cancel")}</Button>
          <Button kind="primary" submit busy={busy}>
            {campaign ? t("common.save") : t("campaigns.create")}
          </Button>
        </footer>
      </form>
    </Modal>
  );
}

export default function Campaigns() {
  const { t, i18n } = useTranslation();
  const me = useMe();
  const campaigns = useQuery(queries.campaigns());
  const [editing, setEditing] = useState<Campaign | "new" | null>(null);
  const locale = localeOf(i18n.language);
  const add = (
    <Button kind="primary" icon={<Plus size={17} aria-hidden="true" />} onClick={() => setEditing("new")}>
      {t("campaigns.new")}
    </Button>
  );

  function span(campaign: Campaign): string {
    const [from, to] = [
      campaign.starts_on && plainDate(campaign.starts_on, locale),
      campaign.ends_on && plainDate(campaign.ends_on, locale),
    ];
    if (from && to) return `${from} – ${to}`;
    if (from) return t("campaigns.from", { date: from });
    if (to) return t("campaigns.until", { date: to });
    return t("campaigns.noDates");
  }

  return (
    <Page title={t("nav.campaigns")} lead={t("campaigns.lead")} actions={campaigns.data?.length ? add : undefined}>
      <Loaded query={campaigns}>
        {(found: Campaign[]) =>
          found.length === 0 ? (
            <Empty title={t("campaigns.empty")} action={add}>
              <p>{t("campaigns.emptyWords")}</p>
            </Empty>
          ) : (
            <ul className="campaigns">
              {found.map((campaign) => (
                <li key={campaign.id} className="campaign">
                  <div className="campaign__head">
                    <h2>{campaign.name}</h2>
                    <button
                      type="button"
                      className="icon-button"
                      aria-label={t("campaigns.editNamed", { name: campaign.name })}
                      onClick={() => setEditing(campaign)}
                    >
                      <Pencil size={16} aria-hidden="true" />
                    </button>
                  </div>
                  <p className="campaign__meta">
                    <span>{span(campaign)}</span>
                    <span>{me.departments.find((department) => department.id === campaign.department)?.name}</span>
                    <span>{campaign.owner.name}</span>
                  </p>
                  {campaign.brief && <p className="campaign__brief">{campaign.brief}</p>}
                  <Link href={`/calendar?campaign=${campaign.id}&view=list`} className="campaign__link">
                    {t("campaigns.posts")}
                  </Link>
                </li>
              ))}
            </ul>
          )
        }
      </Loaded>
      {editing && <CampaignDialog campaign={editing === "new" ? null : editing} onClose={() => setEditing(null)} />}
    </Page>
  );
}
