import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { cleanup, fireEvent, render, screen, waitFor } from "@testing-library/react";
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { ApiError, api } from "../../api/client";
import { queries } from "../../api/queries";
import type { Conversation, Me, Received } from "../../api/types";
import { speak, startSpeaking } from "../../i18n";
import { MeContext } from "../../shell/me";
import { Moderate, Moderated } from "./Moderate";

const MARKUP = "<script>window.ran = true</script> Vendu !";
const message: Received = {
  id: "p1-abc",
  kind: "comment",
  author: { handle: "zoe", name: "Zoé", url: null, avatar_url: null, followers: null },
  text: MARKUP,
  language: "fr",
  media: [],
  url: null,
  written_at: "2026-11-24T08:00:00Z",
  received_at: "2026-11-24T08:00:01Z",
  edits: 0,
  before: null,
  moderation: null,
  can: ["hide", "delete"],
};
const me = { id: "louis", agency: { id: "a", name: "Valmont", zone: "Europe/Paris" }, departments: [], roles: {} };

let client: QueryClient;
const around = (what: React.ReactNode) => (
  <QueryClientProvider client={client}>
    <MeContext value={me as unknown as Me}>{what}</MeContext>
  </QueryClientProvider>
);

beforeAll(async () => {
  await startSpeaking();
  await speak("en");
});
beforeEach(() => {
  client = new QueryClient({ defaultOptions: { queries: { retry: false } } });
});
afterEach(() => {
  cleanup();
  vi.restoreAllMocks();
});

describe("moderating a message", () => {
  it("offers what the network can, and nothing where it can nothing", () => {
    const { rerender } = render(around(<Moderate message={message} network="facebook" conversation="c1" />));
    expect(screen.getAllByRole("button").map((button) => button.textContent)).toEqual(["Hide", "Delete"]);
    rerender(around(<Moderate message={{ ...message, can: [] }} network="bluesky" conversation="c1" />));
    expect(screen.queryByRole("button")).toBeNull();
  });

  it("asks why, and sends nothing without a reason", async () => {
    const after = { id: "c1", messages: [] } as unknown as Conversation;
    const post = vi.spyOn(api, "post").mockResolvedValue(after);
    render(around(<Moderate message={message} network="facebook" conversation="c1" />));
    fireEvent.click(screen.getByRole("button", { name: "Hide" }));
    const dialog = await screen.findByRole("alertdialog");
    expect(dialog.textContent).toContain(MARKUP);
    expect("ran" in window).toBe(false);
    const confirm = screen.getAllByRole("button", { name: "Hide" }).at(-1) as HTMLButtonElement;
    expect(confirm.disabled).toBe(true);
    fireEvent.change(screen.getByLabelText("Reason"), { target: { value: "   " } });
    expect(confirm.disabled).toBe(true);
    fireEvent.change(screen.getByLabelText("Reason"), { target: { value: " Private address " } });
    fireEvent.click(confirm);
    await waitFor(() => expect(post).toHaveBeenCalledTimes(1));
    expect(post.mock.calls[0]?.slice(0, 2)).toEqual([
      "/conversations/c1/moderation",
      { message: "p1-abc", act: "hide", reason: "Private address" },
    ]);
    await waitFor(() => expect(client.getQueryData(queries.conversation("c1").queryKey)).toBe(after));
  });

  it("stays open and says why when the network refuses", async () => {
    vi.spyOn(api, "post").mockRejectedValue(new ApiError(409, "moderation_refused"));
    render(around(<Moderate message={message} network="facebook" conversation="c1" />));
    fireEvent.click(screen.getByRole("button", { name: "Delete" }));
    await screen.findByRole("alertdialog");
    fireEvent.change(screen.getByLabelText("Reason"), { target: { value: "Insult" } });
    fireEvent.click(screen.getAllByRole("button", { name: "Delete" }).at(-1) as HTMLElement);
    expect(await screen.findByText("The network does not let this profile do that.")).toBeTruthy();
    expect((screen.getByLabelText("Reason") as HTMLTextAreaElement).value).toBe("Insult");
  });

  it("says what was done, by whom and why", () => {
    const moderation = {
      standing: "hidden" as const,
      by: { id: "louis", name: "Louis Gagnon" },
      at: "2026-11-24T09:30:00Z",
      reason: MARKUP,
    };
    const { container } = render(
      around(<Moderated message={{ ...message, moderation, can: ["show"] }} network="facebook" />),
    );
    expect(container.textContent).toContain("Hidden on Facebook.");
    expect(container.textContent).toContain("Louis Gagnon");
    expect(container.querySelector("q")?.textContent).toBe(MARKUP);
    expect("ran" in window).toBe(false);
  });
});
