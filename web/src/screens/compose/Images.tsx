import { ArrowLeft, ArrowRight, ImagePlus, TriangleAlert, X } from "lucide-react";
import { type DragEvent, useId, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { graphemes } from "../../text/count";
import { Shot } from "../../ui/Shot";
import { errorWords } from "../../words";
import { ACCEPTED } from "./upload";

/** One image or video on its way or there. `media` is null until the server has looked at it. */
export type Picture = {
  key: string;
  name: string;
  video: boolean;
  preview: string | null;
  media: string | null;
  alt: string;
  progress: number;
  error: unknown;
};

type Props = {
  pictures: Picture[];
  altMax: number;
  imagesMax: number;
  onFiles: (files: File[]) => void;
  onChange: (pictures: Picture[]) => void;
};

/** How much has left; then, without an end that could be told, that the server looks at it. */
function Progress({ picture }: { picture: Picture }) {
  const { t } = useTranslation();
  const sent = picture.progress >= 1;
  return (
    <progress
      className="image__progress"
      max={1}
      {...(sent ? {} : { value: picture.progress })}
      aria-label={t(sent ? "compose.looking" : "compose.uploading", { name: picture.name })}
    />
  );
}

export function Images({ pictures, altMax, imagesMax, onFiles, onChange }: Props) {
  const { t } = useTranslation();
  const [over, setOver] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  const id = useId();

  function drop(event: DragEvent) {
    event.preventDefault();
    setOver(false);
    onFiles([...event.dataTransfer.files]);
  }

  function move(from: number, by: number) {
    const moved = [...pictures];
    const [picture] = moved.splice(from, 1);
    if (picture) moved.splice(from + by, 0, picture);
    onChange(moved);
  }

  const change = (key: string, part: Partial<Picture>) =>
    onChange(pictures.map((picture) => (picture.key === key ? { ...picture, ...part } : picture)));
  const bare = pictures.filter((picture) => picture.error === null && picture.alt.trim() === "").length;

  return (
    <section
      className={`images${over ? " images--over" : ""}`}
      aria-label={t("compose.images")}
      onDragOver={(event) => {
        if (event.dataTransfer.types.includes("Files")) {
          event.preventDefault();
          setOver(true);
        }
      }}
      onDragLeave={() => setOver(false)}
      onDrop={drop}
    >
      <div className="images__head">
        <button type="button" className="button button--plain button--small" onClick={() => input.current?.click()}>
          <ImagePlus size={17} aria-hidden="true" />
          {t("compose.addImages")}
        </button>
        <span className="muted images__hint">{t("compose.imagesHint", { count: imagesMax })}</span>
        <input
          ref={input}
          hidden
          type="file"
          accept={ACCEPTED.join()}
          multiple
          onChange={(event) => {
            onFiles([...(event.target.files ?? [])]);
            event.target.value = "";
          }}
        />
      </div>
      {pictures.length > 0 && (
        <ol className="images__list">
          {pictures.map((picture, index) => {
            const length = graphemes(picture.alt);
            const missing = picture.error === null && picture.alt.trim() === "";
            return (
              <li key={picture.key} className={`image${picture.error !== null ? " image--refused" : ""}`}>
                <div className="image__picture">
                  {picture.preview && (
                    <Shot url={picture.preview} video={picture.video} alt={picture.alt} controls={false} />
                  )}
                  {picture.media === null && picture.error === null && <Progress picture={picture} />}
                </div>
                <div className="image__words">
                  <p className="image__name">{picture.name}</p>
                  {picture.error !== null ? (
                    <p className="field__error" role="alert">
                      <TriangleAlert size={15} aria-hidden="true" />
                      {t("compose.refused", { name: picture.name, why: errorWords(t, picture.error) })}
                    </p>
                  ) : (
                    <>
                      <label className="visually-hidden" htmlFor={`${id}-${picture.key}`}>
                        {t("compose.altFor", { name: picture.name })}
                      </label>
                      <textarea
                        id={`${id}-${picture.key}`}
                        className="input input--alt"
                        rows={2}
                        placeholder={t("compose.altPlaceholder")}
                        value={picture.alt}
                        onChange={(event) => change(picture.key, { alt: event.target.value })}
                      />
                      <div className="image__below">
                        {missing ? <span className="image__missing">{t("compose.altMissing")}</span> : <span />}
                        <span className={`image__count${length > altMax ? " image__count--over" : ""}`}>
                          {length} / {altMax}
                        </span>
                      </div>
                    </>
                  )}
                </div>
                <div className="image__tools">
                  <button
                    type="button"
                    className="icon-button"
                    aria-label={t("compose.removeImage", { name: picture.name })}
                    onClick={() => onChange(pictures.filter((other) => other.key !== picture.key))}
                  >
                    <X size={17} aria-hidden="true" />
                  </button>
                  {pictures.length > 1 && picture.error === null && (
                    <>
                      <button
                        type="button"
                        className="icon-button"
                        disabled={index === 0}
                        aria-label={t("compose.moveEarlier", { name: picture.name })}
                        onClick={() => move(index, -1)}
                      >
                        <ArrowLeft size={16} aria-hidden="true" />
                      </button>
                      <button
                        type="button"
                        className="icon-button"
                        disabled={index === pictures.length - 1}
                        aria-label={t("compose.moveLater", { name: picture.name })}
                        onClick={() => move(index, 1)}
                      >
                        <ArrowRight size={16} aria-hidden="true" />
                      </button>
                    </>
                  )}
                </div>
              </li>
            );
          })}
        </ol>
      )}
      {bare > 0 && (
        <p className="images__bare">
          <TriangleAlert size={15} aria-hidden="true" />
          {t("compose.altWarning", { count: bare })}
        </p>
      )}
    </section>
  );
}
