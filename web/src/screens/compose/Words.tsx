import { useQuery } from "@tanstack/react-query";
import { Plus, Scissors, Trash2, Undo2 } from "lucide-react";
import { type ClipboardEvent, Fragment, useId } from "react";
import { useTranslation } from "react-i18next";
import { queries } from "../../api/queries";
import type { Limits, PostContent, Profile, Tracking } from "../../api/types";
import { countFor } from "../../text/count";
import { split } from "../../text/split";
import { tracked } from "../../text/tracking";
import { Counter } from "../../ui/Counter";
import { networkName } from "../../ui/Network";
import { leavingFor, partsFor } from "./content";
import { PARTS_MAX, withParts } from "./thread";

type Counted = { key: string; network: string; profiles: Profile[] };

/** Profiles that count alike stand together: one counter a network, more where servers of one network differ. */
function counted(profiles: Profile[]): Counted[] {
  const groups = new Map<string, Counted>();
  for (const profile of profiles) {
    const { text_max, text_bytes_max, text_unit, url_length } = profile.limits;
    const key = [profile.network, text_max, text_bytes_max, text_unit, url_length].join("/");
    const group = groups.get(key) ?? { key, network: profile.network, profiles: [] };
    group.profiles.push(profile);
    groups.set(key, group);
  }
  return [...groups.values()];
}

type BoxProps = {
  label: string;
  text: string;
  groups: Counted[];
  tracking: Tracking | null;
  placeholder?: string;
  autoFocus?: boolean;
  onText: (text: string) => void;
  onPaste: (event: ClipboardEvent) => void;
  tall?: boolean;
};

function Box({ label, text, groups, tracking, placeholder, onText, onPaste, tall }: BoxProps) {
  const id = useId();
  const several = new Set(groups.map((group) => group.network)).size < groups.length;
  return (
    <div className="words__box">
      <label className="field__label" htmlFor={id}>
        {label}
      </label>
      <textarea
        id={id}
        className={`input input--words${tall ? " input--tall" : ""}`}
        value={text}
        placeholder={placeholder}
        onChange={(event) => onText(event.target.value)}
        onPaste={onPaste}
        aria-describedby={`${id}-counts`}
      />
      <div className="words__counts" id={`${id}-counts`}>
        {groups.map(({ key, network, profiles: [first] }) => {
          const name = networkName(network) + (several ? ` (${first?.handle})` : "");
          const leaves = tracked(text, network, tracking);
          return first && <Counter key={key} network={network} name={name} limits={first.limits} text={leaves} />;
        })}
      </div>
    </div>
  );
}

type PartsProps = {
  network: string;
  parts: string[];
  groups: Counted[];
  tracking: Tracking | null;
  onParts: (parts: string[]) => void;
  onPaste: (event: ClipboardEvent) => void;
};

/** A network's own words: one text, or the parts of a thread. */
function Parts({ network, parts, groups, tracking, onParts, onPaste }: PartsProps) {
  const { t } = useTranslation();
  const name = networkName(network);
  return parts.map((part, index) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: the parts of a thread are what their place makes them
    <div key={index} className="words__part">
      <Box
        label={
          parts.length === 1
            ? t("compose.textFor", { network: name })
            : t("compose.partFor", { network: name, number: index + 1, count: parts.length })
        }
        text={part}
        groups={groups}
        tracking={tracking}
        onText={(text) => onParts(parts.map((before, place) => (place === index ? text : before)))}
        onPaste={onPaste}
      />
      {index > 0 && (
        <button
          type="button"
          className="text-button"
          onClick={() => onParts(parts.filter((_, place) => place !== index))}
        >
          <Trash2 size={15} aria-hidden="true" />
          {t("compose.removePart", { number: index + 1 })}
        </button>
      )}
    </div>
  ));
}

type Props = {
  content: PostContent;
  targets: Profile[];
  onChange: (change: Partial<PostContent>) => void;
  onPaste: (event: ClipboardEvent) => void;
};

export function Words({ content, targets, onChange, onPaste }: Props) {
  const { t } = useTranslation();
  const groups = counted(targets);
  const networks = [...new Set(targets.map((profile) => profile.network))];
  const varied = Object.keys(content.variants);
  const common = groups.filter((group) => !varied.includes(group.network));
  const known = useQuery(queries.networks());
  const threaded = networks.filter((network) => known.data?.find((each) => each.network === network)?.threads);

  /** Of several accounts on one network, the one that takes least. */
  const tightest = (network: string): Limits | undefined =>
    targets
      .filter((profile) => profile.network === network)
      .map((profile) => profile.limits)
      .sort((one, other) => one.text_max - other.text_max)[0];
  const tooLong = (network: string) =>
    targets.some(
      (profile) =>
        profile.network === network && leavingFor(content, network).some((part) => countFor(part, profile.limits).over),
    );

  const setParts = (network: string, parts: string[]) => onChange(withParts(content, network, parts));

  function splitFor(network: string) {
    const limits = tightest(network);
    if (limits)
      setParts(
        network,
        partsFor(content, network).flatMap((part) =>
          split(part, limits, (words) => tracked(words, network, content.tracking)),
        ),
      );
  }

  function without(network: string) {
    const { [network]: _, ...variants } = content.variants;
    const { [network]: __, ...thread } = content.thread;
    onChange({ variants, thread });
  }

  const splitButton = (network: string) => (
    <button type="button" className="text-button" onClick={() => splitFor(network)}>
      <Scissors size={15} aria-hidden="true" />
      {t("compose.splitThread", { network: networkName(network) })}
    </button>
  );

  return (
    <div className="words">
      <Box
        label={varied.length > 0 ? t("compose.commonText") : t("compose.text")}
        text={content.text}
        groups={common}
        tracking={content.tracking}
        placeholder={t("compose.placeholder")}
        onText={(text) => onChange({ text })}
        onPaste={onPaste}
        tall
      />
      {varied.map((network) => (
        <div className="words__variant" key={network}>
          <Parts
            network={network}
            parts={partsFor(content, network)}
            groups={groups.filter((group) => group.network === network)}
            tracking={content.tracking}
            onParts={(parts) => setParts(network, parts)}
            onPaste={onPaste}
          />
          <div className="words__more">
            {threaded.includes(network) && tooLong(network) && splitButton(network)}
            {threaded.includes(network) && partsFor(content, network).length < PARTS_MAX && (
              <button
                type="button"
                className="text-button"
                onClick={() => setParts(network, [...partsFor(content, network), ""])}
              >
                <Plus size={15} aria-hidden="true" />
                {t("compose.addPart")}
              </button>
            )}
            <button type="button" className="text-button" onClick={() => without(network)}>
              <Undo2 size={15} aria-hidden="true" />
              {t("compose.sameWords", { network: networkName(network) })}
            </button>
          </div>
        </div>
      ))}
      {(networks.length > 1 || threaded.length > 0) && varied.length < networks.length && (
        <div className="words__more">
          {threaded
            .filter((network) => !varied.includes(network) && tooLong(network))
            .map((network) => (
              <Fragment key={`split-${network}`}>{splitButton(network)}</Fragment>
            ))}
          {networks
            .filter((network) => !varied.includes(network))
            .map((network) => (
              <button
                key={network}
                type="button"
                className="text-button"
                onClick={() => onChange({ variants: { ...content.variants, [network]: content.text } })}
              >
                <Plus size={15} aria-hidden="true" />
                {t("compose.differentWords", { network: networkName(network) })}
              </button>
            ))}
        </div>
      )}
    </div>
  );
}
