import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { cleanup, fireEvent, render, screen, waitFor } from "@testing-library/react";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { ApiError, api } from "../../api/client";
import type { FeedKey, Me } from "../../api/types";
import { speak, startSpeaking } from "../../i18n";
import { MeContext } from "../../shell/me";
import { FeedKeys } from "./FeedKeys";

const me = { id: "camille", agency: { id: "a", name: "Valmont", zone: "Europe/Paris" } } as unknown as Me;
const phone: FeedKey = { id: "k1", name: "Phone", made_at: "2026-11-20T08:10:00.000Z", used_at: null };
const ADDRESS = "https://parvis.example/api/calendar.ics?key=SECRET";

function open(found: FeedKey[] = [phone]) {
  vi.spyOn(api, "all").mockResolvedValue(found);
  render(
    <QueryClientProvider client={new QueryClient()}>
      <MeContext value={me}>
        <FeedKeys />
      </MeContext>
    </QueryClientProvider>,
  );
}

beforeAll(async () => {
  await startSpeaking();
  await speak("en");
});
afterEach(() => {
  cleanup();
  vi.restoreAllMocks();
});

describe("addresses of the calendar", () => {
  it("shows a new one once, to be copied, and not any more when that is closed", async () => {
    const writeText = vi.fn().mockResolvedValue(undefined);
    Object.defineProperty(navigator, "clipboard", { value: { writeText }, configurable: true });
    const post = vi.spyOn(api, "post").mockResolvedValue({ ...phone, address: ADDRESS });
    open([]);
    fireEvent.click(await screen.findByRole("button", { name: "Make an address" }));
    expect(screen.getByText("Give it a name.")).toBeTruthy();
    expect(post).not.toHaveBeenCalled();
    fireEvent.change(screen.getByLabelText("For which program"), { target: { value: " Phone " } });
    fireEvent.click(screen.getByRole("button", { name: "Make an address" }));
    expect(await screen.findByDisplayValue(ADDRESS)).toBeTruthy();
    expect(post).toHaveBeenCalledWith("/me/feed-keys", { name: "Phone" });
    fireEvent.click(screen.getByRole("button", { name: "Copy" }));
    expect(await screen.findByText("Copied")).toBeTruthy();
    expect(writeText).toHaveBeenCalledWith(ADDRESS);
    fireEvent.click(screen.getByRole("button", { name: "Done" }));
    await waitFor(() => expect(screen.queryByDisplayValue(ADDRESS)).toBeNull());
  });

  it("says when each was used and revokes one after a question", async () => {
    const remove = vi.spyOn(api, "delete").mockResolvedValue(undefined);
    open([phone, { ...phone, id: "k2", name: "Office", used_at: "2026-11-24T09:00:00.000Z" }]);
    expect(await screen.findByText(/not used yet/)).toBeTruthy();
    expect(screen.getByText(/last used .*10:00/)).toBeTruthy();
    fireEvent.click(screen.getByRole("button", { name: "Revoke Office" }));
    expect(remove).not.toHaveBeenCalled();
    fireEvent.click(await screen.findByRole("button", { name: "Revoke" }));
    await waitFor(() => expect(remove).toHaveBeenCalledWith("/me/feed-keys/k2"));
  });

  it("says why one could not be made", async () => {
    vi.spyOn(api, "post").mockRejectedValue(new ApiError(409, "too_many_feed_keys"));
    open();
    fireEvent.change(await screen.findByLabelText("For which program"), { target: { value: "Eleventh" } });
    fireEvent.click(screen.getByRole("button", { name: "Make an address" }));
    expect(await screen.findByText(/ten addresses already/)).toBeTruthy();
  });
});
