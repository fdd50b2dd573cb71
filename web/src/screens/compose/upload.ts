import { ApiError, api } from "../../api/client";
import type { Media, MediaUpload } from "../../api/types";

const POLL_MS = 700;
const POLLS = 90;
const PUT_TIMEOUT_MS = 5 * 60_000;

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

// XMLHttpRequest, because fetch tells nothing of how much of an upload has left.
function put(file: Blob, target: MediaUpload["upload"], onProgress: (share: number) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open(target.method, target.url);
    request.timeout = PUT_TIMEOUT_MS;
    for (const [name, value] of Object.entries(target.headers)) request.setRequestHeader(name, value);
    request.upload.onprogress = (event) => event.lengthComputable && onProgress(event.loaded / event.total);
    request.onload = () =>
      request.status >= 200 && request.status < 300 ? resolve() : reject(new ApiError(request.status, "upload_failed"));
    request.onerror = () => reject(new ApiError(0, "upload_failed"));
    request.ontimeout = () => reject(new ApiError(0, "timed_out"));
    request.send(file);
  });
}

/** Announces a file, sends it, and waits until it was looked at. Answers with state ready, or throws the refusal's code. */
export async function upload(file: File, department: string, onProgress: (share: number) => void): Promise<Media> {
  const body = {
    department,
    filename: file.name.slice(-200) || "image",
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
    if (media.state === "refused") throw new ApiError(422, media.reason ?? "not_an_image");
    await wait(POLL_MS);
  }
  throw new ApiError(0, "timed_out");
}
