import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { act, cleanup, fireEvent, render, screen, waitFor } from "@testing-library/react";
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { ApiError, api } from "../../api/client";
import type { Difference, ExternalReview as Shown } from "../../api/types";
import { speak, startSpeaking } from "../../i18n";
import { DifferenceView } from "./DifferenceView";
import ExternalReview from "./ExternalReview";

const none = {
  media_added: [],
  media_removed: [],
  alt_changed: [],
  targets_added: [],
  targets_removed: [],
  card: null,
  tracking_changed: false,
};
const MARKUP = '<img src=x onerror="window.ran = true"><script>window.ran = true</script>';

const difference: Difference = {
  before: 2,
  after: 3,
  texts: [
    {
      network: null,
      pieces: [
        { op: "same", text: "Fermé " },
        { op: "removed", text: "<b>lundi</b>" },
        { op: "added", text: MARKUP },
      ],
    },
  ],
  ...none,
};

const shown = (version: number): Shown => ({
  agency: "Ville de Valmont",
  language: "en",
  title: "Une publication",
  step_name: "Préfecture",
  email: "prefet@example.org",
  author: "Sam Okafor",
  note: MARKUP,
  version,
  due_at: null,
  zone: "Europe/Paris",
  expires_at: "2026-12-01T10:00:00Z",
  previews: [
    {
      network: "bluesky",
      network_name: "Bluesky",
      handle: "valmont.bsky.social",
      display_name: "Valmont",
      text: `Version ${version} ${MARKUP}`,
      thread: [],
      length: 20,
      limit: 300,
      card: null,
    },
  ],
  media: [],
  decisions: [],
  difference,
});

beforeAll(async () => {
  await startSpeaking();
  await speak("en");
  window.scrollTo = vi.fn();
});
afterEach(() => {
  cleanup();
  vi.restoreAllMocks();
});

describe("what changed", () => {
  it("is shown as words, never as markup, and said as well as coloured", () => {
    const { container } = render(<DifferenceView difference={difference} />);
    expect(container.querySelector("img, script, b")).toBeNull();
    expect(container.querySelector(".diff__words .diff__added")?.textContent).toBe(` added: ${MARKUP}`);
    expect(container.querySelector(".diff__words .diff__removed")?.textContent).toBe(" removed: <b>lundi</b>");
    expect("ran" in window).toBe(false);
  });

  it("says how many profiles came to somebody who does not know their names, and their names to who does", () => {
    const more = { ...difference, targets_added: ["p-1", "p-2"] };
    const { rerender } = render(<DifferenceView difference={more} />);
    expect(screen.getByText("2 profiles were added")).toBeTruthy();
    expect(document.body.textContent).not.toContain("p-1");
    rerender(<DifferenceView difference={more} named={(id) => `@${id}`} />);
    expect(screen.getByText("Profiles added: @p-1, @p-2")).toBeTruthy();
  });

  it("says what changed of the link card, as words", () => {
    const card = {
      url: [{ op: "same" as const, text: "https://ville.example/" }],
      title: [
        { op: "removed" as const, text: "Le pont" },
        { op: "added" as const, text: MARKUP },
      ],
      description: [],
      picture: "changed" as const,
    };
    const { container } = render(<DifferenceView difference={{ ...difference, texts: [], card }} />);
    expect(screen.getByText("Link card")).toBeTruthy();
    expect(container.querySelector(".diff__words .diff__removed")?.textContent).toBe(" removed: Le pont");
    expect(container.querySelector(".diff__words .diff__added")?.textContent).toBe(` added: ${MARKUP}`);
    expect(screen.getByText("The link card’s picture changed")).toBeTruthy();
    expect(container.querySelector("img, script")).toBeNull();
  });

  it("is said to be nothing where the words are the same", () => {
    render(<DifferenceView difference={{ ...difference, texts: [] }} />);
    expect(screen.getByText("Nothing changed between these versions.")).toBeTruthy();
  });
});

describe("the decision page for somebody outside", () => {
  let client: QueryClient;
  const open = () =>
    render(
      <QueryClientProvider client={client}>
        <ExternalReview token="tok" />
      </QueryClientProvider>,
    );
  const button = (name: string) => screen.findByRole("button", { name });

  beforeEach(() => {
    client = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  });

  it("shows the link card as the network will", async () => {
    const card = { url: "https://www.ville.example/pont", title: "Le pont", description: "Fermé" };
    const picture = { url: "https://bucket.example/m1", alt: "", width: 40, height: 30 };
    const [first] = shown(3).previews;
    const previews = [
      { ...first, card: { ...card, picture } },
      { ...first, network: "x", network_name: "X", handle: "valmont", card: { ...card, picture: null } },
    ];
    vi.spyOn(api, "get").mockResolvedValue({ ...shown(3), previews });
    const { container } = open();
    await button("Approve");
    expect(screen.getAllByText("ville.example")).toHaveLength(2);
    expect(container.querySelectorAll(".link-card img")).toHaveLength(1);
    expect(screen.getByText("X makes this card of the page itself.")).toBeTruthy();
  });

  it("only reads, however often it is shown, asked for again, come back to or written on", async () => {
    const calls: string[] = [];
    vi.spyOn(globalThis, "fetch").mockImplementation(async (_, init) => {
      calls.push(init?.method ?? "GET");
      return new Response(JSON.stringify(shown(3)), { headers: { "Content-Type": "application/json" } });
    });
    const { rerender, unmount } = open();
    const approve = await button("Approve");
    rerender(
      <QueryClientProvider client={client}>
        <ExternalReview token="tok" />
      </QueryClientProvider>,
    );
    await act(() => client.invalidateQueries());
    act(() => {
      window.dispatchEvent(new Event("focus"));
      document.dispatchEvent(new Event("visibilitychange"));
    });
    approve.focus();
    fireEvent.change(screen.getByLabelText("Comment"), { target: { value: "Vu." } });
    await act(() => client.refetchQueries());
    unmount();
    open();
    await button("Approve");
    expect(calls.length).toBeGreaterThan(2);
    expect(new Set(calls)).toEqual(new Set(["GET"]));
    expect("ran" in window).toBe(false);
  });

  it("sends one decision about the version that was shown, and then asks no more", async () => {
    const get = vi.spyOn(api, "get").mockResolvedValue(shown(3));
    const post = vi.spyOn(api, "post").mockResolvedValue({ decision: "approve", at: "2026-11-24T10:00:00Z" });
    open();
    fireEvent.click(await button("Approve"));
    expect(await screen.findByRole("heading", { name: "You approved this post" })).toBeTruthy();
    expect(post).toHaveBeenCalledExactlyOnceWith("/review/tok", { version: 3, decision: "approve", comment: "" });
    const before = get.mock.calls.length;
    act(() => {
      document.dispatchEvent(new Event("visibilitychange"));
    });
    expect(get.mock.calls.length).toBe(before);
    expect(screen.queryByRole("button", { name: "Approve" })).toBeNull();
  });

  it("does not send back without a reason", async () => {
    vi.spyOn(api, "get").mockResolvedValue(shown(3));
    const post = vi.spyOn(api, "post");
    open();
    fireEvent.click(await button("Send back"));
    expect(await screen.findByText("Say what should change.")).toBeTruthy();
    expect(document.activeElement).toBe(screen.getByLabelText("Comment"));
    expect(post).not.toHaveBeenCalled();
  });

  it("shows the new version when it was changed meanwhile, keeps what was typed, and decides nothing", async () => {
    const get = vi.spyOn(api, "get").mockResolvedValue(shown(3));
    const post = vi
      .spyOn(api, "post")
      .mockRejectedValueOnce(new ApiError(409, "version_old"))
      .mockResolvedValue({ decision: "send_back", at: "2026-11-24T10:00:00Z" });
    open();
    fireEvent.change(await screen.findByLabelText("Comment"), { target: { value: "Date fausse" } });
    get.mockResolvedValue(shown(4));
    fireEvent.click(await button("Send back"));
    expect(await screen.findByText(/^Version 4/)).toBeTruthy();
    expect(await button("See the new version")).toBeTruthy();
    expect((screen.getByLabelText("Comment") as HTMLTextAreaElement).value).toBe("Date fausse");
    expect(post).toHaveBeenCalledTimes(1);
    fireEvent.click(await button("Send back"));
    await waitFor(() => expect(post).toHaveBeenCalledTimes(2));
    expect(post.mock.calls[1]?.[1]).toEqual({ version: 4, decision: "send_back", comment: "Date fausse" });
  });

  it("tells that it was changed even when nothing was pressed", async () => {
    const get = vi.spyOn(api, "get").mockResolvedValue(shown(3));
    open();
    await button("Approve");
    expect(screen.queryByRole("button", { name: "See the new version" })).toBeNull();
    get.mockResolvedValue(shown(4));
    await act(() => client.invalidateQueries());
    expect(await button("See the new version")).toBeTruthy();
  });

  it.each([
    [410, "link_expired", "This link has expired"],
    [410, "link_overtaken", "This post was changed since: a new link was sent if you are still asked"],
    [404, "not_found", "This link leads nowhere"],
  ])("offers no button where the link has ended (%i %s)", async (status, code, title) => {
    vi.spyOn(api, "get").mockRejectedValue(new ApiError(status, code));
    open();
    expect(await screen.findByRole("heading", { name: title })).toBeTruthy();
    expect(screen.queryByRole("button", { name: "Approve" })).toBeNull();
  });
});
