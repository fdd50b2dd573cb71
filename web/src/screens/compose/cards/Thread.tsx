import { PreviewCard } from "./Card";
import type { CardProps } from "./parts";

type Props = Omit<CardProps, "text"> & { parts: string[] };

/** A post, or the parts of a thread one below the other; the pictures and the link card are on the first. */
export function ThreadCard({ parts, ...shown }: Props) {
  if (parts.length === 1) return <PreviewCard {...shown} text={parts[0] ?? ""} />;
  return (
    <ol className="thread-card">
      {parts.map((part, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the parts of a thread are what their place makes them
        <li key={index}>
          <PreviewCard {...shown} text={part} {...(index > 0 && { pictures: [], card: null })} />
        </li>
      ))}
    </ol>
  );
}
