import { useQuery } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";
import { queries } from "../api/queries";
import type { PostSummary } from "../api/types";
import { useMe } from "../shell/me";
import { Empty, Loaded } from "../ui/Loaded";
import { NetworkMark } from "../ui/Network";
import { Page } from "../ui/Page";
import { StateBadge } from "../ui/State";

export default function Drafts() {
  const { t } = useTranslation();
  const me = useMe();
  const drafts = useQuery(queries.drafts());
  const compose = (
    <Link href="/compose" className="button button--primary">
      <Plus size={17} aria-hidden="true" />
      {t("calendar.newPost")}
    </Link>
  );
  return (
    <Page title={t("nav.drafts")} lead={t("drafts.lead")}>
      <Loaded query={drafts}>
        {(found: PostSummary[]) =>
          found.length === 0 ? (
            <Empty title={t("drafts.empty")} action={compose}>
              <p>{t("drafts.emptyWords")}</p>
            </Empty>
          ) : (
            <ul className="rows">
              {found.map((post) => (
                <li key={post.id}>
                  <Link href={`/compose/${post.id}`} className="row">
                    <span className="row__words">
                      <span className="row__title">{post.title || t("calendar.noWords")}</span>
                      <span className="row__meta">
                        <span className="row__networks">
                          {[...new Set(post.deliveries.map((delivery) => delivery.network))].map((network) => (
                            <NetworkMark key={network} network={network} size={14} />
                          ))}
                        </span>
                        <span>{me.departments.find((department) => department.id === post.department)?.name}</span>
                        {post.media > 0 && <span>{t("calendar.images", { count: post.media })}</span>}
                        <span>{post.author.name}</span>
                      </span>
                    </span>
                    <StateBadge state={post.state} />
                  </Link>
                </li>
              ))}
            </ul>
          )
        }
      </Loaded>
    </Page>
  );
}
