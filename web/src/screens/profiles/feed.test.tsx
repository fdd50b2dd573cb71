import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { ApiError, api } from "../../api/client";
import { queries } from "../../api/queries";
import type { Me, NetworkCapabilities, Profile } from "../../api/types";
import { speak, startSpeaking } from "../../i18n";
import { MeContext } from "../../shell/me";
import { ConnectDialog } from "./ConnectDialog";

const rss = {
  network: "rss",
  name: "RSS",
  connect: "address",
  needs_server: false,
  takes_token: false,
  publishes: false,
  answers: false,
  notices: ["only_read", "keywords_only"],
  prices: [],
} as unknown as NetworkCapabilities;
const feed = { id: "p1", network: "rss", handle: "gazette.example/rss.xml", display_name: "La Gazette" } as Profile;
const me = {
  id: "camille",
  agency: { id: "a", name: "Valmont", zone: "Europe/Paris" },
  departments: [{ id: "water", name: "Water" }],
  roles: [{ department: "water", role: "administrator" }],
} as unknown as Me;

function open(mends: Profile | null = null) {
  const onClose = vi.fn();
  const client = new QueryClient({ defaultOptions: { queries: { staleTime: Number.POSITIVE_INFINITY } } });
  client.setQueryData(queries.networks().queryKey, [rss]);
  render(
    <QueryClientProvider client={client}>
      <MeContext value={me}>
        <ConnectDialog mends={mends} onClose={onClose} />
      </MeContext>
    </QueryClientProvider>,
  );
  return onClose;
}

beforeAll(async () => {
  await startSpeaking();
  await speak("en");
});
afterEach(() => {
  cleanup();
  vi.restoreAllMocks();
});

describe("connecting a feed", () => {
  it("asks for its address alone, and says what a feed is not", async () => {
    const post = vi.spyOn(api, "post").mockResolvedValue({ id: null, authorize_url: null, profile: feed, choices: [] });
    const closed = open();
    expect(await screen.findByText(/nothing can be published or answered/)).toBeTruthy();
    expect(screen.queryByLabelText("Server address")).toBeNull();
    expect(screen.queryByLabelText("App password")).toBeNull();
    fireEvent.change(screen.getByLabelText("Address of the feed"), { target: { value: " gazette.example/rss.xml " } });
    fireEvent.click(screen.getByRole("button", { name: "Connect" }));
    await vi.waitFor(() => expect(closed).toHaveBeenCalled());
    expect(post.mock.calls.map((call) => call.slice(0, 2))).toEqual([
      ["/connections", { network: "rss", department: "water", server: "", address: "gazette.example/rss.xml" }],
    ]);
  });

  it("sends nothing without an address", () => {
    const post = vi.spyOn(api, "post");
    open();
    fireEvent.click(screen.getByRole("button", { name: "Connect" }));
    expect(screen.getByText("Fill this in.")).toBeTruthy();
    expect(post).not.toHaveBeenCalled();
  });

  it.each([
    ["not_a_feed", 422, /no RSS or Atom feed/],
    ["address_refused", 422, /public address/],
    ["address_unavailable", 502, /Nothing answers/],
  ])("says why it could not be: %s", async (code, status, words) => {
    vi.spyOn(api, "post").mockRejectedValue(new ApiError(status, code));
    const closed = open();
    const address = screen.getByLabelText("Address of the feed") as HTMLInputElement;
    fireEvent.change(address, { target: { value: "https://gazette.example/" } });
    fireEvent.click(screen.getByRole("button", { name: "Connect" }));
    expect(await screen.findByText(words)).toBeTruthy();
    expect(address.value).toBe("https://gazette.example/");
    expect(closed).not.toHaveBeenCalled();
  });

  it("mends one at the address that it has", async () => {
    const post = vi.spyOn(api, "post").mockResolvedValue({ id: null, authorize_url: null, profile: feed, choices: [] });
    const closed = open(feed);
    expect(screen.queryByLabelText("Address of the feed")).toBeNull();
    fireEvent.click(screen.getByRole("button", { name: "Reconnect" }));
    await vi.waitFor(() => expect(closed).toHaveBeenCalled());
    expect(post.mock.calls.map((call) => call.slice(0, 2))).toEqual([["/profiles/p1/reconnect", {}]]);
  });
});
