import type { ReactNode } from "react";
import { BlueskyCard } from "./Bluesky";
import { FacebookCard } from "./Facebook";
import { InstagramCard } from "./Instagram";
import { LinkedInCard } from "./LinkedIn";
import { MastodonCard } from "./Mastodon";
import type { CardProps } from "./parts";
import { ThreadsCard } from "./Threads";
import { XCard } from "./X";

const CARDS: Record<string, (props: CardProps) => ReactNode> = {
  bluesky: BlueskyCard,
  mastodon: MastodonCard,
  facebook: FacebookCard,
  x: XCard,
  instagram: InstagramCard,
  threads: ThreadsCard,
  linkedin: LinkedInCard,
};

/** A post as this network would show it. */
export function PreviewCard(props: CardProps) {
  const Card = CARDS[props.profile.network] ?? BlueskyCard;
  return <Card {...props} />;
}
