import { siBluesky, siFacebook, siInstagram, siMastodon, siRss, siThreads, siX, siYoutube } from "simple-icons";

/** LinkedIn lets nobody pass its mark on, so that its initial stands for it. */
const MARKS: Record<string, { title: string; path?: string }> = {
  bluesky: siBluesky,
  mastodon: siMastodon,
  facebook: siFacebook,
  x: siX,
  instagram: siInstagram,
  threads: siThreads,
  linkedin: { title: "LinkedIn" },
  youtube: siYoutube,
  rss: siRss,
};

export const networkName = (network: string): string =>
  MARKS[network]?.title ?? network.charAt(0).toUpperCase() + network.slice(1);

/** An account goes by its handle; a feed, whose handle is its address, by its title. */
export const calledBy = (profile: { network: string; handle: string; display_name: string }): string =>
  (profile.network === "rss" && profile.display_name) || profile.handle;

/** A network's mark; its initial where we have none. `label` false where its name stands beside it. */
export function NetworkMark({ network, size = 16, label = true }: { network: string; size?: number; label?: boolean }) {
  const path = MARKS[network]?.path;
  const name = networkName(network);
  return (
    <span className={`network network--${network}`} style={{ width: size, height: size, fontSize: size * 0.85 }}>
      {path ? (
        <svg viewBox="0 0 24 24" aria-hidden="true">
          <path d={path} />
        </svg>
      ) : (
        <span aria-hidden="true" className="network__initial">
          {name.charAt(0)}
        </span>
      )}
      {label && <span className="visually-hidden">{name}</span>}
    </span>
  );
}

/** The initial of an account. Its picture is never fetched: that would tell the networks who reads here, and when. */
export function Avatar({ name, network, size = 36 }: { name: string; network?: string; size?: number }) {
  return (
    <span className="avatar" style={{ width: size, height: size, fontSize: size * 0.4 }} aria-hidden="true">
      <span>{name.trim().charAt(0).toUpperCase()}</span>
      {network && <NetworkMark network={network} size={Math.round(size * 0.45)} label={false} />}
    </span>
  );
}
