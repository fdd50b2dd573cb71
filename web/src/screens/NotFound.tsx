import { useTranslation } from "react-i18next";
import { Link } from "wouter";
import { Empty } from "../ui/Loaded";
import { Page } from "../ui/Page";

export default function NotFound() {
  const { t } = useTranslation();
  return (
    <Page title={t("notFound.title")}>
      <Empty
        title={t("notFound.words")}
        action={
          <Link href="/calendar" className="button button--primary">
            {t("notFound.back")}
          </Link>
        }
      />
    </Page>
  );
}
