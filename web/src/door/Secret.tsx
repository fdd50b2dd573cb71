import encodeQR from "qr";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";

const QUIET = 2;

/** An otpauth: address as a picture for a telephone, and its secret in words for everything else. */
export function Secret({ address, secret }: { address: string; secret: string }) {
  const { t } = useTranslation();
  const { path, size } = useMemo(() => {
    const rows = encodeQR(address, "raw", { ecc: "medium", border: QUIET });
    const cells = rows.flatMap((row, y) => row.map((dark, x) => (dark ? `M${x} ${y}h1v1h-1z` : "")));
    return { path: cells.join(""), size: rows.length };
  }, [address]);
  return (
    <div className="secret">
      <svg
        className="secret__picture"
        viewBox={`0 0 ${size} ${size}`}
        role="img"
        aria-label={t("secondFactor.picture")}
      >
        <rect width={size} height={size} fill="#fff" />
        <path d={path} fill="#000" shapeRendering="crispEdges" />
      </svg>
      <div className="secret__words">
        <p className="field__label">{t("secondFactor.secret")}</p>
        <code className="secret__text">{secret.match(/.{1,4}/g)?.join(" ")}</code>
      </div>
    </div>
  );
}
