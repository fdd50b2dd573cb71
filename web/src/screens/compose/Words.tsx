import { Plus, Undo2 } from "lucide-react";
import { type ClipboardEvent, useId } from "react";
import { useTranslation } from "react-i18next";
import type { PostContent, Profile } from "../../api/types";
import { Counter } from "../../ui/Counter";
import { networkName } from "../../ui/Network";
import { wordsFor } from "./content";

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
  placeholder?: string;
  autoFocus?: boolean;
  onText: (text: string) => void;
  onPaste: (event: ClipboardEvent) => void;
  tall?: boolean;
};

function Box({ label, text, groups, placeholder, onText, onPaste, tall }: BoxProps) {
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
          return first && <Counter key={key} network={network} name={name} limits={first.limits} text={text} />;
        })}
      </div>
    </div>
  );
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

  function without(network: string) {
    const { [network]: _, ...variants } = content.variants;
    onChange({ variants });
  }

  return (
    <div className="words">
      <Box
        label={varied.length > 0 ? t("compose.commonText") : t("compose.text")}
        text={content.text}
        groups={common}
        placeholder={t("compose.placeholder")}
        onText={(text) => onChange({ text })}
        onPaste={onPaste}
        tall
      />
      {varied.map((network) => (
        <div className="words__variant" key={network}>
          <Box
            label={t("compose.textFor", { network: networkName(network) })}
            text={wordsFor(content, network)}
            groups={groups.filter((group) => group.network === network)}
            onText={(text) => onChange({ variants: { ...content.variants, [network]: text } })}
            onPaste={onPaste}
          />
          <button type="button" className="text-button" onClick={() => without(network)}>
            <Undo2 size={15} aria-hidden="true" />
            {t("compose.sameWords", { network: networkName(network) })}
          </button>
        </div>
      ))}
      {networks.length > 1 && varied.length < networks.length && (
        <div className="words__more">
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
