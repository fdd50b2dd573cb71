import { ApiError, api } from "../../api/client";
import type { Media, MediaUpload } from "../../api/types";

const POLL_MS = 700;
/** A photograph of a hundred megapixels takes the server half a minute, a video of half a gigabyte not much less. */
const POLLS = 170;
/** Half a gigabyte may take an hour on a town hall's line; what has stopped moving is given up. */
const STALLED_MS = 90_000;

/** As the server announces them (media/uploading.py). */
export const ACCEPTED = ["image/jpeg", "image/png", "image/gif", "image/webp", "video/mp4", "video/quicktime"];

export const isMedia = (file: File) => /^(image|video)\//.test(file.type);

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

// XMLHttpRequest, because fetch tells nothing of how much of an upload has left.
function put(file: Blob, target: MediaUpload["upload"], onProgress: (share: number) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open(target.method, target.url);
    let stalled = setTimeout(() => request.abort(), STALLED_MS);
    for (const [name, value] of Object.entries(target.headers)) request.setRequestHeader(name, value);
    request.upload.onprogress = (event) => {
      clearTimeout(stalled);
      stalled = setTimeout(() => request.abort(), STALLED_MS);
      if (event.lengthComputable) onProgress(event.loaded / event.total);
    };
    request.onloadend = () => clearTimeout(stalled);
    request.onload = () =>
      request.status >= 200 && request.status < 300 ? resolve() : reject(new ApiError(request.status, "upload_failed"));
    request.onerror = () => reject(new ApiError(0, "upload_failed"));
    request.onabort = () => reject(new ApiError(0, "upload_failed"));
    request.send(file);
  });
}

/** Announces a file, sends it, and waits until it was looked at. Answers with state ready, or throws the refusal's code. */
export async function upload(file: File, department: string, onProgress: (share: number) => void): Promise<Media> {
  const body = {
    department,
    filename: file.name.slice(-200) || "file",
    content_type: file.type || "application/octet-stream",
    size: file.size,
  };
  const announced = await api.post<MediaUpload>("/media", body, { idempotencyKey: crypto.randomUUID() });
  await put(file, announced.upload, onProgress);
  return judged(announced.media.id);
}

/** Waits until a file was looked at. Answers with state ready, or throws the refusal's code. */
export async function judged(id: string): Promise<Media> {
  for (let poll = 0; poll < POLLS; poll += 1) {
    const media = await api.get<Media>(`/media/${id}`);
    if (media.state === "ready") return media;
    if (media.state === "refused") throw new ApiError(422, media.reason ?? "media_type");
    await wait(POLL_MS);
  }
  throw new ApiError(0, "timed_out");
}
