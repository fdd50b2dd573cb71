import { useTranslation } from "react-i18next";
import type { Limits } from "../api/types";
import { countFor } from "../text/count";
import { NetworkMark } from "./Network";

type Props = { network: string; name: string; limits: Limits; text: string };

/** How much of what a network takes a text uses, counted by that network's rule. */
export function Counter({ network, name, limits, text }: Props) {
  const { t } = useTranslation();
  const { length, limit, left, bytes, bytesLimit, over } = countFor(text, limits);
  const byBytes = over && left >= 0 && bytes !== null && bytesLimit !== null;
  const tone = over ? "over" : left <= limit * 0.1 ? "near" : "fine";
  const share = Math.min(1, length / limit);
  return (
    <span className={`counter counter--${tone}`}>
      <NetworkMark network={network} label={false} />
      <svg className="counter__ring" viewBox="0 0 20 20" aria-hidden="true">
        <circle cx="10" cy="10" r="8" pathLength="1" />
        <circle cx="10" cy="10" r="8" pathLength="1" className="counter__share" strokeDasharray={`${share} 1`} />
      </svg>
      <span className="counter__numbers" aria-hidden="true">
        {byBytes ? t("compose.bytesOver", { count: bytes - bytesLimit }) : `${length} / ${limit}`}
      </span>
      <span className="visually-hidden" role={over ? "alert" : undefined}>
        {over
          ? byBytes
            ? t("compose.countBytesOver", { name, count: bytes - bytesLimit })
            : t("compose.countOver", { name, count: -left })
          : t("compose.countLeft", { name, count: left })}
      </span>
    </span>
  );
}
