import { useQueries, useQuery, useQueryClient } from "@tanstack/react-query";
import { Check, ClipboardCheck, CloudOff, Send } from "lucide-react";
import { type ClipboardEvent, Suspense, useCallback, useEffect, useId, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useLocation, useSearchParams } from "wouter";
import { may } from "../../api/access";
import { ApiError, api } from "../../api/client";
import { queries } from "../../api/queries";
import type { CheckResult, Limits, LinkCard, Media, Post, PostContent, Problem, Profile } from "../../api/types";
import { localeOf } from "../../i18n";
import { useMe } from "../../shell/me";
import { countFor } from "../../text/count";
import { linksOf } from "../../text/entities";
import { slug } from "../../text/tracking";
import { clock, dayAndTime } from "../../time/format";
import { Button } from "../../ui/Button";
import { Confirm } from "../../ui/Confirm";
import { Choice, TextArea, TextInput } from "../../ui/Field";
import { Loaded, Skeleton } from "../../ui/Loaded";
import { NetworkMark, networkName } from "../../ui/Network";
import { Notice } from "../../ui/Notice";
import { Page } from "../../ui/Page";
import { say } from "../../ui/Toasts";
import { asSchedule, type Due, dueOf, firstProposal, instant, meaning } from "../../when/due";
import { Warnings } from "../../when/Warnings";
import { codeWords, errorWords } from "../../words";
import { When } from "../screens";
import { type SaveState, useAutosave } from "./autosave";
import { Carding } from "./Carding";
import { Conflict } from "./Conflict";
import { contentOf, emptyContent, fingerprint, hasSomething, leavingFor } from "./content";
import { Images, type Picture } from "./Images";
import { type Mode, ways } from "./leaving";
import { Preview } from "./Preview";
import type { SafetyCopy } from "./safety-copy";
import { Targets } from "./Targets";
import { Tracking } from "./Tracking";
import { isMedia, upload } from "./upload";
import { Words } from "./Words";

const CHECK_AFTER_MS = 700;
const ALT_MAX_WITHOUT_TARGET = 1_500;
const IMAGES_WITHOUT_TARGET = 4;

const asPictures = (content: PostContent): Picture[] =>
  content.media.map(({ media, alt }) => ({
    key: media,
    name: "",
    video: false,
    preview: null,
    media,
    alt,
    progress: 1,
    error: null,
  }));

const smallest = (targets: Profile[], of: (limits: Limits) => number | null, otherwise: number): number =>
  targets.reduce(
    (least, profile) => Math.min(least, of(profile.limits) ?? least),
    targets.length > 0 ? Number.MAX_SAFE_INTEGER : otherwise,
  );

function SaveMark({ state, automatic }: { state: SaveState; automatic: boolean }) {
  const { t, i18n } = useTranslation();
  const me = useMe();
  const words = {
    empty: "",
    unsaved: automatic ? t("compose.saveSoon") : t("compose.notSaved"),
    saving: t("compose.saving"),
    saved:
      state.kind === "saved"
        ? t("compose.savedAt", { time: clock(state.at, me.agency.zone, localeOf(i18n.language)) })
        : "",
    failed: state.kind === "failed" ? t("compose.saveFailed", { why: errorWords(t, state.error) }) : "",
    conflict: t("compose.notSaved"),
  }[state.kind];
  return (
    <p className={`save-mark save-mark--${state.kind}`} role="status">
      {state.kind === "saved" && <Check size={15} aria-hidden="true" />}
      {(state.kind === "failed" || state.kind === "conflict") && <CloudOff size={15} aria-hidden="true" />}
      {words}
    </p>
  );
}

/** What the server says of the content, and of what stands near it then, a moment after the last change. */
function useChecks(content: PostContent, post: string | null, at: number | "now" | null): CheckResult | null {
  const [checks, setChecks] = useState<CheckResult | null>(null);
  const mark = fingerprint(content);
  // biome-ignore lint/correctness/useExhaustiveDependencies: `mark` stands for the content
  useEffect(() => {
    if (content.targets.length === 0 || !hasSomething({ ...content, targets: [] })) {
      setChecks(null);
      return;
    }
    const cancelled = new AbortController();
    const waiting = setTimeout(() => {
      api
        .post<CheckResult>("/checks", { ...content, post, due_at: moment(at) }, { signal: cancelled.signal })
        .then(setChecks)
        // The browser's own counting still stands, and scheduling asks the server once more.
        .catch(() => undefined);
    }, CHECK_AFTER_MS);
    return () => {
      clearTimeout(waiting);
      cancelled.abort();
    };
  }, [mark, post, at]);
  return checks;
}

const moment = (at: number | "now" | null): string | null =>
  at === null ? null : new Date(at === "now" ? Date.now() : at).toISOString();

type Props = { post: Post | null; copy: SafetyCopy | null; onCreated: (post: Post) => void };

export function Editor({ post, copy, onCreated }: Props) {
  const { t, i18n } = useTranslation();
  const me = useMe();
  const [, navigate] = useLocation();
  const [search] = useSearchParams();
  const queryClient = useQueryClient();
  const profiles = useQuery(queries.profiles());
  const known = useQuery(queries.networks());
  const takesPosts = (profile: Profile) =>
    known.data?.find((each) => each.network === profile.network)?.publishes !== false;
  const campaigns = useQuery(queries.campaigns());
  const workflows = useQuery(queries.workflows());
  const modeName = useId();

  const [base, setBase] = useState<PostContent>(() => copy?.content ?? (post ? contentOf(post) : emptyContent));
  const [pictures, setPictures] = useState<Picture[]>(() => asPictures(base));
  const [restored, setRestored] = useState(copy !== null);
  const [chosenDepartment, setDepartment] = useState(
    () => post?.department ?? me.roles[0]?.department ?? me.departments[0]?.id ?? "",
  );
  const [chosenMode, setMode] = useState<Mode>("at");
  const [due, setDue] = useState<Due>(() =>
    post?.due_at ? dueOf(post.due_at, post.zone) : firstProposal(me.agency.zone, Date.now(), search.get("day")),
  );
  const [note, setNote] = useState("");
  const [confirming, setConfirming] = useState(false);
  const [busy, setBusy] = useState(false);
  const [carding, setCarding] = useState(false);
  const [failure, setFailure] = useState<unknown>(null);
  const [tagText, setTagText] = useState(base.tags.join(", "));
  const problemsRef = useRef<HTMLDivElement>(null);

  const content = useMemo<PostContent>(
    () => ({
      ...base,
      media: pictures.flatMap((picture) => (picture.media ? [{ media: picture.media, alt: picture.alt }] : [])),
    }),
    [base, pictures],
  );
  const change = useCallback((part: Partial<PostContent>) => setBase((before) => ({ ...before, ...part })), []);
  const changeCard = useCallback(
    (change: (before: LinkCard | null) => LinkCard | null) =>
      setBase((before) => ({ ...before, card: change(before.card ?? null) })),
    [],
  );

  // What is in review or approved may be edited, which voids what was decided: it is submitted again.
  const voids =
    post !== null &&
    (post.state === "in_review" || post.state === "approved" || (post.state === "scheduled" && post.review !== null));
  const scheduled = post !== null && post.state !== "draft";
  const [voided, setVoided] = useState(false);
  const review = useQuery({
    ...queries.review(post?.id ?? ""),
    enabled: post !== null && post.state === "draft" && post.review !== null,
    refetchInterval: false,
    retry: false,
  });
  const sentBack =
    review.data?.state === "sent_back"
      ? review.data.decisions.findLast((decided) => decided.decision === "send_back")
      : undefined;
  const created = useRef(post !== null);
  const save = useAutosave({
    person: me.id,
    department: chosenDepartment,
    content,
    start: post ? { id: post.id, version: copy?.version ?? post.version, content: contentOf(post) } : null,
    automatic: !scheduled,
    onCreated: (made) => {
      created.current = true;
      onCreated(made);
    },
  });

  const targets = useMemo(
    () => base.targets.flatMap((id) => profiles.data?.find((profile) => profile.id === id) ?? []),
    [base.targets, profiles.data],
  );
  const altMax = smallest(targets, (limits) => limits.alt_max, ALT_MAX_WITHOUT_TARGET);
  const imagesMax = smallest(targets, (limits) => limits.images_max, IMAGES_WITHOUT_TARGET);

  // Pictures that came with the post have their address on the server; those just added, in this browser.
  const kept = pictures.filter((picture) => picture.media !== null && picture.preview === null);
  const addresses = useQueries({
    queries: kept.map((picture) => ({
      queryKey: ["media", picture.media],
      queryFn: () => api.get<Media>(`/media/${picture.media}`),
      staleTime: 5 * 60_000,
    })),
  });
  const shown = pictures.map((picture) => {
    const media = addresses[kept.indexOf(picture)]?.data;
    return media
      ? { ...picture, preview: media.url, name: media.filename, video: media.content_type.startsWith("video/") }
      : picture;
  });

  const cardImage = base.card?.image ?? null;
  const cardMedia = useQuery({
    queryKey: ["media", cardImage],
    queryFn: () => api.get<Media>(`/media/${cardImage}`),
    enabled: cardImage !== null,
    staleTime: 5 * 60_000,
  });

  const blobs = useRef<string[]>([]);
  useEffect(
    () => () => {
      for (const url of blobs.current) URL.revokeObjectURL(url);
    },
    [],
  );

  const addFiles = useCallback(
    (files: File[]) => {
      for (const file of files) {
        const key = crypto.randomUUID();
        const preview = isMedia(file) ? URL.createObjectURL(file) : null;
        if (preview) blobs.current.push(preview);
        setPictures((before) => [
          ...before,
          {
            key,
            name: file.name,
            video: file.type.startsWith("video/"),
            preview,
            media: null,
            alt: "",
            progress: 0,
            error: null,
          },
        ]);
        const set = (part: Partial<Picture>) =>
          setPictures((before) => before.map((picture) => (picture.key === key ? { ...picture, ...part } : picture)));
        upload(file, chosenDepartment, (progress) => set({ progress }))
          .then((media) => set({ media: media.id, progress: 1 }))
          .catch((error: unknown) => set({ error, preview: null }));
      }
    },
    [chosenDepartment],
  );

  const paste = useCallback(
    (event: ClipboardEvent) => {
      const files = [...event.clipboardData.files].filter(isMedia);
      if (files.length > 0) {
        event.preventDefault();
        addFiles(files);
      }
    },
    [addFiles],
  );

  const mayPublish = may(me, "publish", chosenDepartment);
  const workflow = workflows.data?.find((each) => each.department === chosenDepartment && each.active);
  const way = ways({ mayPublish, mayWrite: may(me, "write", chosenDepartment), workflow, again: voids }, chosenMode);
  const { mode } = way;
  const leaves = !scheduled || voids; // otherwise it only has changes to save
  const planned = post?.due_at ? Date.parse(post.due_at) : null;
  const leavesAt = !leaves ? planned : mode === "at" ? instant(due) : mode === "now" ? "now" : null;

  const checks = useChecks(content, post?.id ?? null, leavesAt);
  const problems = useMemo(() => {
    const found = new Map<
      string,
      { problem: Pick<Problem, "code" | "hint" | "field">; who: string | null; network: string | null }
    >();
    for (const profile of targets) {
      if (leavingFor(content, profile.network).some((part) => countFor(part, profile.limits).over)) {
        found.set(`text_too_long/${profile.network}`, {
          problem: { code: "text_too_long", hint: "", field: "text" },
          who: networkName(profile.network),
          network: profile.network,
        });
      }
    }
    for (const check of checks?.items ?? []) {
      if (!base.targets.includes(check.profile)) continue;
      for (const problem of check.problems) {
        // Too long is already known, and counted with every keystroke; an empty text is no news while one begins.
        // X alone knows every address without a scheme, so that there the server's word counts too.
        if (problem.code === "text_too_long" && check.network !== "x") continue;
        found.set(`${problem.code}/${check.network}/${problem.field}`, {
          problem,
          who: networkName(check.network),
          network: check.network,
        });
      }
    }
    return [...found.entries()];
  }, [checks, targets, content, base.targets]);

  const renditions = (checks?.items ?? []).flatMap(({ profile, renditions: copies }) =>
    copies.map((copy) => {
      const name = shown.find((picture) => picture.media === copy.media)?.name ?? "";
      return { profile, name, jpeg: !/\.jpe?g$/i.test(name), size: copy.size, unlocated: copy.unlocated };
    }),
  );

  const uploading = carding || pictures.some((picture) => picture.media === null && picture.error === null);
  const ready = targets.length > 0 && problems.length === 0 && !uploading && hasSomething({ ...content, targets: [] });

  // What was refused is said again only when it is asked again; and where it is said is brought into view.
  const mark = fingerprint(content);
  // biome-ignore lint/correctness/useExhaustiveDependencies: any change of what would be sent makes the refusal old
  useEffect(() => setFailure(null), [mark, mode, due]);
  useEffect(() => {
    if (failure !== null) problemsRef.current?.focus();
  }, [failure]);

  function blockedWords(): string | null {
    if (targets.length === 0) return codeWords(t, "no_targets");
    if (!hasSomething({ ...content, targets: [] })) return codeWords(t, "text_empty");
    if (uploading) return codeWords(t, "media_not_ready");
    if (problems.length > 0) return t("compose.problemsFirst", { count: problems.length });
    if (mode === "at" && instant(due) === null)
      return codeWords(t, meaning(due).kind === "skipped" ? "due_skipped_hour" : "due_repeated_hour");
    if (mode === "at" && (instant(due) ?? 0) <= Date.now()) return codeWords(t, "due_in_the_past");
    return null;
  }

  async function send() {
    const { id, version } = await save.flush();
    const schedule = mode === "now" ? { now: true } : asSchedule(due);
    const leaving = await api.post<Post>(`/posts/${id}/schedule`, schedule, { version });
    queryClient.setQueryData(queries.post(id).queryKey, leaving);
    await queryClient.invalidateQueries({ queryKey: ["posts"] });
    say(mode === "now" ? t("compose.leaving") : t("compose.scheduled"));
    navigate(`/posts/${id}`);
  }

  async function submit() {
    setFailure(null);
    const blocked = blockedWords();
    if (blocked) {
      setFailure(blocked);
      return;
    }
    setBusy(true);
    try {
      const { id, version } = await save.flush();
      setVoided(true);
      const when = mode === "at" ? asSchedule(due) : {};
      const asked = await api.post<Post>(`/posts/${id}/submission`, { ...when, note: note.trim() }, { version });
      queryClient.setQueryData(queries.post(id).queryKey, asked);
      await queryClient.invalidateQueries({ queryKey: ["posts"] });
      await queryClient.invalidateQueries({ queryKey: ["approvals"] });
      say(t("compose.submitted"));
      navigate(`/posts/${id}`);
    } catch (error) {
      setFailure(error);
      setBusy(false);
    }
  }

  async function act() {
    setFailure(null);
    const blocked = blockedWords();
    if (blocked) {
      setFailure(blocked);
      return;
    }
    if (mode === "now") {
      setConfirming(true);
      return;
    }
    setBusy(true);
    try {
      await send();
    } catch (error) {
      setFailure(error);
      setBusy(false);
    }
  }

  async function saveByHand() {
    setFailure(null);
    try {
      const { id } = await save.flush();
      await queryClient.invalidateQueries({ queryKey: ["posts"] });
      if (scheduled) {
        say(t("compose.changesSaved"));
        navigate(`/posts/${id}`);
      } else say(t("compose.draftSaved"));
    } catch (error) {
      if (!(error instanceof ApiError && error.status === 412)) setFailure(error);
    }
  }

  /** A problem of a file names it. */
  function problemWords({ code, field }: Pick<Problem, "code" | "field">): string {
    const what = codeWords(t, code);
    const name = shown.find((picture) => picture.media !== null && field === `media/${picture.media}`)?.name;
    return name ? t("compose.problemOfFile", { name, what }) : what;
  }

  /** The links' campaign follows the post's, until somebody words it otherwise. */
  function changeCampaign(campaign: string | null) {
    const slugOf = (id: string | null) => slug(campaigns.data?.find((each) => each.id === id)?.name);
    setBase((before) => {
      const { tracking } = before;
      const follows = tracking && tracking.campaign === slugOf(before.campaign);
      return { ...before, campaign, ...(follows ? { tracking: { ...tracking, campaign: slugOf(campaign) } } : {}) };
    });
  }

  const own = me.departments.filter((department) => may(me, "write", department.id));
  const networks = [...new Set(targets.map((profile) => profile.network))];

  return (
    <Page
      title={
        !post
          ? t("compose.title")
          : post.state === "in_review"
            ? t("compose.editReview")
            : post.state === "approved"
              ? t("compose.editApproved")
              : t(scheduled ? "compose.editScheduled" : "compose.edit")
      }
      lead={<SaveMark state={save.state} automatic={!scheduled} />}
    >
      {restored && (
        <Notice
          kind="info"
          actions={
            <Button
              small
              onClick={() => {
                const before = post ? contentOf(post) : emptyContent;
                setBase(before);
                setPictures(asPictures(before));
                setRestored(false);
              }}
            >
              {post ? t("compose.useSaved") : t("compose.startEmpty")}
            </Button>
          }
        >
          <p>{t("compose.restored")}</p>
        </Notice>
      )}
      {scheduled && (
        <Notice kind={voids ? "warning" : "info"}>
          <p>{voids ? t("compose.voidsNotice") : t("compose.scheduledNotice")}</p>
        </Notice>
      )}
      {sentBack && (
        <Notice
          kind="warning"
          title={t("compose.sentBack", {
            name: sentBack.by.name,
            time: dayAndTime(sentBack.at, me.agency.zone, localeOf(i18n.language)),
          })}
        >
          <p className="composer__said" dir="auto">
            {sentBack.comment}
          </p>
        </Notice>
      )}
      {save.state.kind === "conflict" && (
        <Conflict
          mine={content}
          theirs={save.state.theirs}
          onKeepBoth={async () => {
            const made = await save.keepBoth();
            say(t("compose.keptBoth"));
            navigate(`/compose/${made.id}`);
          }}
          onReplace={save.replaceTheirs}
        />
      )}
      <div className="composer">
        <div className="composer__form">
          <Loaded query={profiles} rows={2}>
            {(all: Profile[]) =>
              all.length === 0 ? (
                <Notice kind="warning">
                  <p>{t("compose.noProfiles")}</p>
                </Notice>
              ) : (
                <Targets
                  profiles={all.filter(takesPosts)}
                  chosen={base.targets}
                  onChange={(ids) => change({ targets: ids })}
                />
              )
            }
          </Loaded>
          <Words content={content} targets={targets} onChange={change} onPaste={paste} />
          <Images
            pictures={shown}
            altMax={altMax}
            imagesMax={imagesMax}
            onFiles={addFiles}
            onChange={(next) =>
              setPictures(
                next.map((picture) => ({
                  ...picture,
                  preview: pictures.find((own) => own.key === picture.key)?.preview ?? null,
                })),
              )
            }
          />
          <Carding
            card={base.card ?? null}
            media={(cardImage && cardMedia.data) || null}
            links={linksOf([base.text, ...Object.values(base.variants)])}
            covered={pictures.length > 0}
            networks={(known.data ?? []).filter((able) => targets.some((each) => each.network === able.network))}
            department={chosenDepartment}
            onChange={changeCard}
            onBusy={setCarding}
          />
          <Tracking
            tracking={base.tracking ?? null}
            texts={[base.text, ...Object.values(base.variants), ...Object.values(base.thread).flat()]}
            campaign={campaigns.data?.find((each) => each.id === base.campaign)?.name}
            onChange={(tracking) => change({ tracking })}
          />

          <div className="composer__meta">
            {own.length > 1 && (
              <Choice
                label={t("compose.department")}
                value={chosenDepartment}
                disabled={created.current}
                onChange={(event) => setDepartment(event.target.value)}
              >
                {own.map((department) => (
                  <option key={department.id} value={department.id}>
                    {department.name}
                  </option>
                ))}
              </Choice>
            )}
            <Choice
              label={t("compose.campaign")}
              value={base.campaign ?? ""}
              onChange={(event) => changeCampaign(event.target.value || null)}
            >
              <option value="">{t("compose.noCampaign")}</option>
              {(campaigns.data ?? []).map((campaign) => (
                <option key={campaign.id} value={campaign.id}>
                  {campaign.name}
                </option>
              ))}
            </Choice>
            <TextInput
              label={t("compose.tags")}
              placeholder={t("compose.tagsExample")}
              hint={t("compose.tagsHint")}
              value={tagText}
              onChange={(event) => {
                setTagText(event.target.value);
                const tags = event.target.value
                  .split(",")
                  .map((tag) => tag.trim().slice(0, 40))
                  .filter(Boolean);
                change({ tags: [...new Set(tags)].slice(0, 20) });
              }}
            />
          </div>

          {leaves && way.modes.length > 0 && (
            <fieldset className="composer__when">
              <legend className="field__label">{t("compose.when")}</legend>
              <div className="options__row">
                {way.modes.map((value) => (
                  <label key={value} className="option">
                    <input type="radio" name={modeName} checked={mode === value} onChange={() => setMode(value)} />
                    <span>{t(`compose.mode.${value}`)}</span>
                  </label>
                ))}
              </div>
              {mode === "at" && (
                <Suspense fallback={<Skeleton rows={1} />}>
                  <When due={due} onChange={setDue} />
                </Suspense>
              )}
            </fieldset>
          )}
          {leaves && workflow && way.submit && (
            <>
              <Notice kind="info">
                <p>{t(way.must ? "compose.reviewedBy" : "compose.mayBeReviewed", { name: workflow.name })}</p>
              </Notice>
              <TextArea
                label={t("compose.note")}
                optional={t("common.optional")}
                rows={2}
                maxLength={2000}
                value={note}
                onChange={(event) => setNote(event.target.value)}
              />
            </>
          )}
          {!mayPublish && !way.submit && (
            <Notice kind="info">
              <p>{t("compose.contributor")}</p>
            </Notice>
          )}

          <div className="composer__problems" ref={problemsRef} tabIndex={-1}>
            {problems.length > 0 && (
              <Notice kind="warning" title={t("compose.problems", { count: problems.length })}>
                <ul>
                  {problems.map(([key, { problem, who, network }]) => (
                    <li key={key}>
                      {network && <NetworkMark network={network} size={13} label={false} />} {who && `${who} – `}
                      {problemWords(problem)}
                    </li>
                  ))}
                </ul>
              </Notice>
            )}
            <Warnings
              warnings={(checks?.warnings ?? []).filter((each) =>
                each.profiles.some((id) => base.targets.includes(id)),
              )}
              profiles={targets}
            />
            {failure !== null && (
              <Notice kind="error">
                <p>{typeof failure === "string" ? failure : errorWords(t, failure)}</p>
              </Notice>
            )}
          </div>
        </div>
        <Preview
          renditions={renditions}
          content={content}
          targets={targets}
          cardMedia={(cardImage && cardMedia.data) || null}
          pictures={shown.flatMap((picture) =>
            picture.preview && picture.error === null
              ? [{ key: picture.key, url: picture.preview, alt: picture.alt, video: picture.video }]
              : [],
          )}
        />
      </div>
      <div className="composer__bar">
        {scheduled ? (
          <>
            <Button onClick={() => navigate(`/posts/${post.id}`)}>{t("common.cancel")}</Button>
            {voids && way.submit ? (
              <Button
                kind="primary"
                busy={busy}
                disabled={!save.dirty && !voided}
                icon={<ClipboardCheck size={17} aria-hidden="true" />}
                onClick={submit}
              >
                {t("compose.submitAgain")}
              </Button>
            ) : (
              <Button kind="primary" busy={save.state.kind === "saving"} disabled={!save.dirty} onClick={saveByHand}>
                {t("compose.saveChanges")}
              </Button>
            )}
          </>
        ) : (
          <>
            <Button busy={save.state.kind === "saving" && !busy} disabled={!save.dirty} onClick={saveByHand}>
              {t("compose.saveDraft")}
            </Button>
            {way.submit && (
              <Button
                kind={way.submit}
                busy={busy}
                className={ready || way.submit === "plain" ? "" : "button--unready"}
                icon={<ClipboardCheck size={17} aria-hidden="true" />}
                onClick={submit}
              >
                {t("compose.submit")}
              </Button>
            )}
            {way.publish && (
              <Button
                kind="primary"
                busy={busy}
                className={ready ? "" : "button--unready"}
                icon={mode === "now" ? <Send size={17} aria-hidden="true" /> : undefined}
                onClick={act}
              >
                {mode === "now" ? t("compose.publishNow") : t("compose.schedule")}
              </Button>
            )}
          </>
        )}
      </div>
      {confirming && (
        <Confirm
          title={t("compose.confirmTitle", { count: targets.length })}
          action={t("compose.publishNow")}
          onConfirm={send}
          onClose={() => setConfirming(false)}
        >
          <p>{t("compose.confirmWords")}</p>
          <ul className="confirm__targets">
            {targets.map((profile) => (
              <li key={profile.id}>
                <NetworkMark network={profile.network} label={false} />
                <span>
                  {networkName(profile.network)} – <strong>{profile.handle}</strong>
                </span>
              </li>
            ))}
          </ul>
          <blockquote className="confirm__text">
            {networks
              .flatMap((network) => leavingFor(content, network))
              .filter((words, index, all) => all.indexOf(words) === index)
              .map((words) => (
                <p key={words}>{words}</p>
              ))}
          </blockquote>
        </Confirm>
      )}
    </Page>
  );
}
