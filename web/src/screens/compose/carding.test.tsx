import { act, cleanup, fireEvent, render, screen } from "@testing-library/react";
import { useState } from "react";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { ApiError, api } from "../../api/client";
import type { LinkCard, Media, NetworkCapabilities, PostContent, SuggestedCard } from "../../api/types";
import { speak, startSpeaking } from "../../i18n";
import { linksOf } from "../../text/entities";
import { LinkCard as Shown } from "../../ui/LinkCard";
import { Carding, takes } from "./Carding";
import { cardFor, emptyContent, fingerprint, holdsLink } from "./content";

const URL = "https://ville.example/pont";
const card = (part: Partial<LinkCard> = {}): LinkCard => ({
  url: URL,
  title: "Le pont",
  description: "Fermé",
  image: null,
  ...part,
});
const media = (part: Partial<Media> = {}): Media => ({
  id: "m1",
  state: "ready",
  reason: null,
  filename: "ville.example.png",
  content_type: "image/png",
  size: 1_000,
  width: 40,
  height: 30,
  duration_s: null,
  copies: [],
  url: "https://bucket.example/m1",
  ...part,
});
const suggested = (part: Partial<SuggestedCard> = {}): SuggestedCard => ({
  card: card(),
  picture: null,
  picture_refused: null,
  ...part,
});
const able = (network: string, name: string, link_cards: NetworkCapabilities["link_cards"], image_bytes_max = 0) =>
  ({
    network,
    name,
    link_cards,
    card_limits: image_bytes_max
      ? { image_bytes_max, image_types: ["image/png", "image/jpeg"], image_pixels_max: null }
      : null,
  }) as NetworkCapabilities;
const BLUESKY = able("bluesky", "Bluesky", "ours", 1_000_000);
const NETWORKS = [BLUESKY, able("x", "X", "theirs"), able("mastodon", "Mastodon", "theirs"), able("i", "I", "none")];

beforeAll(async () => {
  await startSpeaking();
  await speak("en");
});
afterEach(() => {
  cleanup();
  vi.restoreAllMocks();
  vi.useRealTimers();
});

/** The section as the composer holds it; `now` is the card as it stands. */
const onBusy = vi.fn();
function compose(start: LinkCard | null, part: Partial<Parameters<typeof Carding>[0]> = {}) {
  const now: { card: LinkCard | null } = { card: start };
  function Held() {
    const [held, setHeld] = useState(start);
    now.card = held;
    return (
      <Carding
        card={held}
        media={null}
        links={[URL]}
        covered={false}
        networks={NETWORKS}
        department="water"
        onChange={setHeld}
        onBusy={onBusy}
        {...part}
      />
    );
  }
  return { now, ...render(<Held />) };
}
const press = (name: string) => act(async () => fireEvent.click(screen.getByRole("button", { name })));

describe("the offer of a card", () => {
  it("stands where the words hold a link, and not beside images or a card", () => {
    compose(null);
    expect(screen.getByRole("button", { name: "Add a link card" })).toBeTruthy();
    cleanup();
    compose(null, { links: [] });
    expect(screen.queryByRole("button")).toBeNull();
    cleanup();
    compose(null, { covered: true });
    expect(screen.queryByRole("button")).toBeNull();
  });

  it("names the links where there are several, three at most", () => {
    compose(null, {
      links: ["https://a.example/1", "https://b.example/2", "https://c.example/3", "https://d.example/4"],
    });
    expect(screen.getAllByRole("button").map((each) => each.textContent)).toEqual([
      "Add a card for a.example/1",
      "Add a card for b.example/2",
      "Add a card for c.example/3",
    ]);
  });

  it("says why there is none", async () => {
    vi.spyOn(api, "post").mockRejectedValue(new ApiError(422, "not_a_page"));
    const { now } = compose(null);
    await press("Add a link card");
    expect(screen.getByRole("alert").textContent).toContain("not a web page");
    expect(now.card).toBeNull();
  });
});

describe("a card", () => {
  it("is what the page suggests, with its picture once that was judged", async () => {
    vi.useFakeTimers();
    const post = vi
      .spyOn(api, "post")
      .mockResolvedValue(suggested({ picture: media({ state: "awaiting", url: null }) }));
    const get = vi
      .spyOn(api, "get")
      .mockResolvedValueOnce(media({ state: "awaiting", url: null }))
      .mockResolvedValue(media());
    const { now } = compose(null);
    await press("Add a link card");
    expect(post.mock.calls[0]?.slice(0, 2)).toEqual(["/link-cards", { url: URL, department: "water" }]);
    expect(now.card).toEqual(card());
    expect(onBusy).toHaveBeenLastCalledWith(true);
    await act(() => vi.advanceTimersByTimeAsync(2_000));
    expect(onBusy).toHaveBeenLastCalledWith(false);
    expect(get).toHaveBeenCalledTimes(2);
    expect(now.card).toEqual(card({ image: "m1" }));
  });

  it("goes without a picture that was refused, and says so", async () => {
    vi.spyOn(api, "post").mockResolvedValue(suggested({ picture: media({ state: "awaiting" }) }));
    vi.spyOn(api, "get").mockResolvedValue(media({ state: "refused", reason: "not_an_image" }));
    const { now } = compose(null);
    await press("Add a link card");
    expect(now.card).toEqual(card());
    expect(screen.getByRole("alert").textContent).toBe("The card has no picture: this file is not an image.");
    cleanup();
    vi.spyOn(api, "post").mockResolvedValue(suggested({ picture_refused: "too_large" }));
    compose(null);
    await press("Add a link card");
    expect(screen.getByRole("alert").textContent).toBe("The card has no picture: the file is too large.");
  });

  it("is not brought back by an answer that comes after it was removed", async () => {
    let answer: (found: SuggestedCard) => void = () => undefined;
    vi.spyOn(api, "post").mockReturnValue(new Promise((resolve) => (answer = resolve as typeof answer)));
    const { now } = compose(card({ title: "Mine" }));
    await press("Read the page again");
    await press("Remove the card");
    await act(async () => answer(suggested()));
    expect(now.card).toBeNull();
  });

  it("is written like the words themselves", async () => {
    const { now } = compose(card({ image: "m1" }), { media: media() });
    fireEvent.change(screen.getByLabelText("Title"), { target: { value: "Le port" } });
    fireEvent.change(screen.getByLabelText(/^Description/), { target: { value: "" } });
    await press("No picture");
    expect(now.card).toEqual(card({ title: "Le port", description: "" }));
  });

  it("says who shows it, who makes their own, and where its picture is left out", () => {
    compose(card({ image: "m1" }), { media: media({ size: 1_000_001 }) });
    const notes = screen.getAllByRole("listitem").map((each) => each.textContent);
    expect(notes).toEqual([
      "Bluesky shows this card.",
      "X and Mastodon make their own cards of the page.",
      "I shows no card.",
      "On Bluesky the card goes without its picture, which is too large or of a kind not taken there.",
    ]);
    expect(takes(BLUESKY, media())).toBe(true);
    expect(takes(BLUESKY, media({ content_type: "image/webp" }))).toBe(false);
  });

  it("shows what a page says of itself as text, that leads nowhere", () => {
    const title = '<img src=x onerror="window.ran = true"><script>window.ran = true</script>';
    const { container } = render(
      <Shown card={{ url: "javascript:alert(1)", title, description: title, picture: null }} />,
    );
    expect(screen.getAllByText(title)).toHaveLength(2);
    expect(container.querySelector("a, script, img")).toBeNull();
  });
});

describe("the link of a card", () => {
  it.each([
    [`Voir ${URL}.`, true],
    [`(${URL})`, true],
    [`${URL}\nSuite`, true],
    [`${URL}/travaux ${URL}`, true],
    [`${URL}/travaux`, false],
    [`${URL}.html`, false],
    ["La rue est fermée", false],
  ])("%j holds it: %s", (text, held) => expect(holdsLink(text, URL)).toBe(held));

  it("is found in all the words, once", () => {
    expect(linksOf([`a ${URL}, b`, `${URL} https://b.example/`])).toEqual([URL, "https://b.example/"]);
  });

  it("decides with the media where the card is shown", () => {
    const content: PostContent = { ...emptyContent, text: `Voir ${URL}`, card: card() };
    expect(cardFor(content, "bluesky")).toEqual(card());
    expect(cardFor({ ...content, variants: { bluesky: "Sans lien" } }, "bluesky")).toBeNull();
    expect(cardFor({ ...content, media: [{ media: "m1", alt: "" }] }, "bluesky")).toBeNull();
    expect(cardFor({ ...content, card: null }, "bluesky")).toBeNull();
  });

  it("is part of what is saved, whatever order its fields came in", () => {
    const content: PostContent = { ...emptyContent, card: card() };
    const { url, ...rest } = card();
    expect(fingerprint(content)).toBe(fingerprint({ ...content, card: { ...rest, url } }));
    expect(fingerprint(content)).not.toBe(fingerprint({ ...content, card: card({ title: "Le port" }) }));
    expect(fingerprint(content)).not.toBe(fingerprint(emptyContent));
    const { card: _, ...before } = emptyContent; // a safety copy of an earlier version
    expect(fingerprint(before as PostContent)).toBe(fingerprint(emptyContent));
  });
});
