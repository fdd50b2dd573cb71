import { useTranslation } from "react-i18next";

type Props = { url: string; alt: string; video: boolean; controls?: boolean };

/** An image, or a video of which only the beginning is fetched until somebody plays it. */
export function Shot({ url, alt, video, controls = true }: Props) {
  const { t } = useTranslation();
  if (!video) return <img src={url} alt={alt} />;
  const label = alt ? t("compose.videoOf", { alt }) : t("compose.videoBare");
  return <video src={url} aria-label={label} controls={controls} muted={!controls} preload="metadata" playsInline />;
}
