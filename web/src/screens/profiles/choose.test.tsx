import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { ApiError, api } from "../../api/client";
import type { Connection, Me } from "../../api/types";
import { speak, startSpeaking } from "../../i18n";
import { MeContext } from "../../shell/me";
import { ChooseAccounts } from "./ChooseAccounts";

const connection: Connection = {
  id: "h1",
  authorize_url: null,
  profile: null,
  choices: [
    { remote_id: "1", handle: "valmont", display_name: "Ville de Valmont", avatar_url: null },
    { remote_id: "2", handle: "police", display_name: "Police", avatar_url: null },
  ],
};
const me = { id: "camille", agency: { id: "a", name: "Valmont", zone: "Europe/Paris" }, departments: [], roles: {} };

const open = () =>
  render(
    <QueryClientProvider client={new QueryClient()}>
      <MeContext value={me as unknown as Me}>
        <ChooseAccounts connection={connection} />
      </MeContext>
    </QueryClientProvider>,
  );

beforeAll(async () => {
  await startSpeaking();
  await speak("en");
  window.scrollTo = vi.fn();
});
afterEach(() => {
  cleanup();
  vi.restoreAllMocks();
});

describe("choosing among several accounts", () => {
  it("connects each that is chosen, one after the other, and the others not", async () => {
    const post = vi.spyOn(api, "post").mockResolvedValue({});
    open();
    fireEvent.click(screen.getByRole("button", { name: "Connect Police" }));
    expect(await screen.findByText("Connected")).toBeTruthy();
    expect(post.mock.calls.map((call) => call.slice(0, 2))).toEqual([["/connections/h1/choice", { remote_id: "2" }]]);
    expect(screen.getByRole("button", { name: "Connect Ville de Valmont" })).toBeTruthy();
    expect(screen.queryByRole("button", { name: "Connect Police" })).toBeNull();
    expect(screen.getByRole("button", { name: "Done" })).toBeTruthy();
  });

  it("says why one cannot be, and leaves the choice", async () => {
    vi.spyOn(api, "post").mockRejectedValue(new ApiError(409, "profile_exists"));
    open();
    fireEvent.click(screen.getByRole("button", { name: "Connect Police" }));
    expect(await screen.findByText("This profile is already connected.")).toBeTruthy();
    expect(screen.getByRole("button", { name: "Connect Police" })).toBeTruthy();
  });
});
