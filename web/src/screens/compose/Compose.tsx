import "../../styles/compose.css";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { Link, useLocation } from "wouter";
import { queries } from "../../api/queries";
import type { Post } from "../../api/types";
import { useMe } from "../../shell/me";
import { Loaded, Skeleton } from "../../ui/Loaded";
import { Notice } from "../../ui/Notice";
import { Page } from "../../ui/Page";
import { contentOf, fingerprint } from "./content";
import { Editor } from "./Editor";
import { readCopy, type SafetyCopy } from "./safety-copy";

/** The words this browser kept, once it has been asked; undefined until then. */
function useSafetyCopy(person: string, post: string | null): SafetyCopy | null | undefined {
  const [copy, setCopy] = useState<SafetyCopy | null | undefined>(undefined);
  useEffect(() => {
    let wanted = true;
    void readCopy(person, post).then((found) => wanted && setCopy(found ?? null));
    return () => {
      wanted = false;
    };
  }, [person, post]);
  return copy;
}

function Existing({ id }: { id: string }) {
  const { t } = useTranslation();
  const me = useMe();
  // The editor owns the words from here on: what others save meanwhile shows as a conflict, never as jumping text.
  const query = useQuery({
    ...queries.post(id),
    refetchInterval: false,
    refetchOnWindowFocus: false,
    staleTime: 0,
    gcTime: 0,
  });
  const copy = useSafetyCopy(me.id, id);
  return (
    <Loaded query={query}>
      {(post: Post) => {
        if (copy === undefined) return <Skeleton />;
        if (post.state === "done" || post.state === "cancelled") {
          return (
            <Page title={t("compose.edit")}>
              <Notice kind="warning" actions={<Link href={`/posts/${id}`}>{t("compose.toPost")}</Link>}>
                <p>{t("compose.notEditable")}</p>
              </Notice>
            </Page>
          );
        }
        const kept = copy && fingerprint(copy.content) !== fingerprint(contentOf(post)) ? copy : null;
        return <Editor post={post} copy={kept} onCreated={() => undefined} />;
      }}
    </Loaded>
  );
}

function Fresh({ onCreated }: { onCreated: (post: Post) => void }) {
  const me = useMe();
  const copy = useSafetyCopy(me.id, null);
  if (copy === undefined) return <Skeleton />;
  return <Editor post={null} copy={copy} onCreated={onCreated} />;
}

export default function Compose({ id }: { id?: string }) {
  const [, navigate] = useLocation();
  // Refs, because the address and what it means must change in the same render.
  const born = useRef<string | null>(null);
  const generation = useRef(0);
  if (id === undefined && born.current !== null) {
    born.current = null;
    generation.current += 1;
  }
  // A draft gets its address with its first save; the editor stays as it is, cursor and all.
  if (id === undefined || id === born.current) {
    return (
      <Fresh
        key={`fresh-${generation.current}`}
        onCreated={(post) => {
          born.current = post.id;
          navigate(`/compose/${post.id}`, { replace: true });
        }}
      />
    );
  }
  return <Existing key={id} id={id} />;
}
