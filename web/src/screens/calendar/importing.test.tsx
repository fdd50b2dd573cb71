import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { cleanup, fireEvent, render, screen, waitFor, within } from "@testing-library/react";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { ApiError, api } from "../../api/client";
import { queries } from "../../api/queries";
import type { Campaign, Imported, ImportedRow, Me, NewImport, Profile } from "../../api/types";
import { speak, startSpeaking } from "../../i18n";
import { MeContext } from "../../shell/me";
import Import from "./Import";
import { base64, sendSlices, tally } from "./importing";

const me = {
  id: "marc",
  agency: { id: "a", name: "Valmont", zone: "Europe/Paris" },
  departments: [
    { id: "water", name: "Water" },
    { id: "police", name: "Police" },
  ],
  roles: [{ department: "water", role: "publisher" }],
} as unknown as Me;
const profile = { id: "p1", network: "bluesky", handle: "@valmont", display_name: "Valmont" } as Profile;
const campaign = { id: "c1", name: "Winter" } as Campaign;

const row = (number: number, more: Partial<ImportedRow> = {}): ImportedRow => ({
  row: number,
  outcome: "ok",
  becomes: "scheduled",
  because: null,
  post: null,
  due_at: "2026-12-24T08:30:00.000Z",
  zone: "Europe/Paris",
  profiles: ["p1"],
  title: `Notice ${number}`,
  problems: [],
  ...more,
});
const bad = row(4, {
  outcome: "bad",
  becomes: null,
  due_at: null,
  problems: [
    { column: "date", code: "date_invalid", hint: "", profile: null, value: "12/25/2026" },
    { column: "text", code: "text_too_long", hint: "", profile: "p1", value: "" },
  ],
});
const answer = (items: ImportedRow[], more: Partial<Imported> = {}): Imported => ({
  dry_run: true,
  total: items.length,
  encoding: "windows-1252",
  separator: "semicolon",
  ignored_columns: [],
  items,
  next: null,
  ...more,
});

function open() {
  const client = new QueryClient({ defaultOptions: { queries: { staleTime: Number.POSITIVE_INFINITY } } });
  client.setQueryData(queries.profiles().queryKey, [profile]);
  client.setQueryData(queries.campaigns().queryKey, [campaign]);
  render(
    <QueryClientProvider client={client}>
      <MeContext value={me}>
        <Import />
      </MeContext>
    </QueryClientProvider>,
  );
}

function choose(content: BlobPart = "date;texte;profils", name = "plan.csv") {
  const file = new File([content], name, { type: "text/csv" });
  fireEvent.change(screen.getByLabelText("CSV file"), { target: { files: [file] } });
  return file;
}

const check = () => fireEvent.click(screen.getByRole("button", { name: "Check the file" }));

beforeAll(async () => {
  await startSpeaking();
  await speak("en");
});
afterEach(() => {
  cleanup();
  vi.restoreAllMocks();
});

describe("the slices of an import", () => {
  it("are asked for until there is none, and what stopped on the way goes on there", async () => {
    const told: number[] = [];
    const post = vi
      .spyOn(api, "post")
      .mockResolvedValueOnce(answer([row(2)], { next: "3", total: 3 }))
      .mockRejectedValueOnce(new ApiError(0, "timed_out"));
    const options = { department: "water", campaign: null, zone: "Europe/Paris" };
    let last = null as Parameters<Parameters<typeof sendSlices>[4]>[0] | null;
    const tell: Parameters<typeof sendSlices>[4] = (progress) => {
      last = progress;
      told.push(progress.rows.length);
    };
    await expect(sendSlices("QQ==", options, false, null, tell)).rejects.toThrow("timed_out");
    post
      .mockResolvedValueOnce(answer([row(3)], { next: "4", total: 3 }))
      .mockResolvedValueOnce(answer([row(4)], { total: 3 }));
    await sendSlices("QQ==", options, false, last, tell);
    expect(told).toEqual([1, 2, 3]);
    const cursors = post.mock.calls.map(([, body]) => (body as NewImport).cursor);
    expect(cursors).toEqual([undefined, "3", "3", "4"]);
  });

  it("carry every byte as it is", () => {
    const bytes = Uint8Array.from({ length: 100_000 }, (_, index) => index % 256);
    expect(Uint8Array.from(atob(base64(bytes)), (letter) => letter.charCodeAt(0))).toEqual(bytes);
  });

  it("are counted by what becomes of each row", () => {
    const rows = [row(2), row(3, { becomes: "draft" }), bad, row(5, { outcome: "already_imported", becomes: null })];
    expect(tally(rows)).toEqual({ scheduled: 1, draft: 1, already: 1, bad: 1 });
  });
});

describe("the import screen", () => {
  it("sends nothing before a file is chosen, and nothing of a file that is too large", async () => {
    const post = vi.spyOn(api, "post");
    open();
    check();
    expect(screen.getByText("Choose a file.")).toBeTruthy();
    choose(new Uint8Array(4_000_001));
    check();
    expect(await screen.findByText(/four megabytes at most/)).toBeTruthy();
    expect(post).not.toHaveBeenCalled();
  });

  it("offers only the departments that one may write in", () => {
    open();
    const options = within(screen.getByLabelText("Department")).getAllByRole("option");
    expect(options.map((option) => option.textContent)).toEqual(["Water"]);
  });

  it("shows the dry run, in words, then has it done", async () => {
    const draft = row(3, { becomes: "draft", because: "approval_required" });
    const post = vi.spyOn(api, "post").mockResolvedValueOnce(answer([row(2), draft, bad]));
    open();
    choose();
    fireEvent.change(screen.getByLabelText("Campaign of the rows that name none"), { target: { value: "c1" } });
    check();
    const strange = (await screen.findByText("Notice 4")).closest("tr") as HTMLElement;
    expect(within(strange).getByText("12/25/2026")).toBeTruthy();
    expect(within(strange).getByText(/This date cannot be read/)).toBeTruthy();
    expect(within(strange).getByText("Bluesky (@valmont)")).toBeTruthy();
    expect(screen.getByText(/is approved first/)).toBeTruthy();
    expect(screen.getByText("Notice 2").closest("tr")?.textContent).toMatch(/2026.*09:30/);
    expect(screen.getByText(/Read as WINDOWS-1252, separated by semicolons/)).toBeTruthy();
    expect(post.mock.calls[0]?.[1]).toMatchObject({
      department: "water",
      campaign: "c1",
      zone: "Europe/Paris",
      dry_run: true,
    });

    expect(screen.getByText("To be scheduled")).toBeTruthy();
    fireEvent.click(screen.getByLabelText("Only with problems"));
    expect(screen.queryByText("Notice 2")).toBeNull();
    fireEvent.click(screen.getByLabelText("Only with problems"));

    post.mockResolvedValueOnce(answer([row(2, { post: "new1" }), draft, bad], { dry_run: false }));
    fireEvent.click(screen.getByRole("button", { name: "Import 2 posts" }));
    expect(await screen.findByText("1 post scheduled")).toBeTruthy();
    expect(screen.getByText("1 draft made")).toBeTruthy();
    expect(screen.getByRole("link", { name: "Open the post" }).getAttribute("href")).toBe("/posts/new1");
    expect(post.mock.calls[1]?.[1]).toMatchObject({ dry_run: false });
    expect(screen.queryByRole("button", { name: /^Import/ })).toBeNull();
  });

  it("offers nothing to import where nothing is good", async () => {
    vi.spyOn(api, "post").mockResolvedValueOnce(answer([bad]));
    open();
    choose();
    check();
    expect(await screen.findByText("There is nothing new to import.")).toBeTruthy();
    expect(screen.queryByRole("button", { name: /^Import/ })).toBeNull();
  });

  it("says near which row a file is broken", async () => {
    vi.spyOn(api, "post").mockRejectedValueOnce(new ApiError(422, "csv_malformed", "file/12"));
    open();
    choose();
    check();
    expect(await screen.findByText(/Near row 12/)).toBeTruthy();
  });

  it("forgets what was said of a file when something else is chosen", async () => {
    vi.spyOn(api, "post").mockResolvedValueOnce(answer([row(2)]));
    open();
    choose();
    check();
    expect(await screen.findByText("Notice 2")).toBeTruthy();
    fireEvent.change(screen.getByLabelText("Time zone of the rows that name none"), {
      target: { value: "America/Toronto" },
    });
    await waitFor(() => expect(screen.queryByText("Notice 2")).toBeNull());
    expect(screen.queryByRole("button", { name: /^Import/ })).toBeNull();
  });

  it("goes on where it stopped", async () => {
    const post = vi
      .spyOn(api, "post")
      .mockResolvedValueOnce(answer([row(2)], { next: "3", total: 2 }))
      .mockRejectedValueOnce(new ApiError(0, "offline"))
      .mockResolvedValueOnce(answer([row(3)], { total: 2 }));
    open();
    choose();
    check();
    expect(await screen.findByText("It stopped on the way")).toBeTruthy();
    expect(screen.queryByRole("button", { name: /^Import/ })).toBeNull();
    fireEvent.click(screen.getByRole("button", { name: "Go on" }));
    expect(await screen.findByRole("button", { name: "Import 2 posts" })).toBeTruthy();
    expect(post.mock.calls[2]?.[1]).toMatchObject({ cursor: "3" });
  });
});
