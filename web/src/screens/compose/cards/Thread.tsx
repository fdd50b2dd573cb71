import { PreviewCard } from "./Card";
import type { Picture, Shown } from "./parts";

type Props = { profile: Shown; parts: string[]; pictures: Picture[] };

/** A post, or the parts of a thread one below the other; the pictures are on the first. */
export function ThreadCard({ profile, parts, pictures }: Props) {
  if (parts.length === 1) return <PreviewCard profile={profile} text={parts[0] ?? ""} pictures={pictures} />;
  return (
    <ol className="thread-card">
      {parts.map((part, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the parts of a thread are what their place makes them
        <li key={index}>
          <PreviewCard profile={profile} text={part} pictures={index === 0 ? pictures : []} />
        </li>
      ))}
    </ol>
  );
}
