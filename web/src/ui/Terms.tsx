import { useTranslation } from "react-i18next";
import type { NetworkCapabilities } from "../api/types";
import { localeOf } from "../i18n";
import { plainDate } from "../time/format";
import { noticeWords } from "../words";

type Price = NetworkCapabilities["prices"][number];

function PriceLine({ price, network }: { price: Price; network: string }) {
  const { t, i18n } = useTranslation();
  const locale = localeOf(i18n.language);
  const usd = new Intl.NumberFormat(locale, { style: "currency", currency: "USD", maximumFractionDigits: 3 });
  return (
    <li>
      {t(`terms.price.${price.what as "post"}`, { network, price: usd.format(price.usd) })}{" "}
      <span className="muted">{t("terms.asOf", { day: plainDate(price.as_of, locale) })}</span>
    </li>
  );
}

type Props = {
  able: NetworkCapabilities /** Only what such a post would be asked for; all prices otherwise. */;
  what?: string;
};

/** What a network does not allow, and what it asks for: said before somebody tries. */
export function Terms({ able, what }: Props) {
  const { t } = useTranslation();
  const prices = able.prices.filter((price) => what === undefined || price.what === what);
  if (prices.length === 0 && able.notices.length === 0) return null;
  const notices = able.notices.map((notice) => <li key={notice}>{noticeWords(t, notice)}</li>);
  const asked = prices.map((price) => <PriceLine key={price.what} price={price} network={able.name} />);
  if (what === undefined)
    return (
      <ul className="terms">
        {asked}
        {notices}
      </ul>
    );
  // Beside a post, what it costs is said; the rest is there for who asks.
  return (
    <>
      {asked.length > 0 && <ul className="terms">{asked}</ul>}
      {notices.length > 0 && (
        <details className="terms__more">
          <summary>{t("terms.more", { network: able.name })}</summary>
          <ul className="terms">{notices}</ul>
        </details>
      )}
    </>
  );
}
