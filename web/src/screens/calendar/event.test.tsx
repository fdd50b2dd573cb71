import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { cleanup, fireEvent, render, screen, waitFor } from "@testing-library/react";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { api } from "../../api/client";
import type { AgencyEvent, Me, Role } from "../../api/types";
import { speak, startSpeaking } from "../../i18n";
import { MeContext } from "../../shell/me";
import { EventDialog } from "./EventDialog";

const meAs = (role: Role) =>
  ({
    id: "camille",
    agency: { id: "a", name: "Valmont", zone: "Europe/Paris" },
    departments: [
      { id: "water", name: "Water" },
      { id: "police", name: "Police" },
    ],
    roles: [{ department: "water", role }],
  }) as unknown as Me;

const council: AgencyEvent = {
  id: "e1",
  title: "Council",
  note: "Room 2",
  department: "water",
  starts_on: null,
  ends_on: null,
  starts_at: "2026-10-25T01:30:00.000Z",
  ends_at: null,
  zone: "Europe/Paris",
  by: { id: "paul", name: "Paul" },
  version: 3,
};

function open(event: AgencyEvent | null, role: Role = "contributor") {
  const onClose = vi.fn();
  render(
    <QueryClientProvider client={new QueryClient()}>
      <MeContext value={meAs(role)}>
        <EventDialog event={event} day="2026-11-24" onClose={onClose} />
      </MeContext>
    </QueryClientProvider>,
  );
  return onClose;
}

const fill = (label: RegExp, value: string) => fireEvent.change(screen.getByLabelText(label), { target: { value } });

beforeAll(async () => {
  await startSpeaking();
  await speak("en");
});
afterEach(() => {
  cleanup();
  vi.restoreAllMocks();
});

describe("an event of the agency", () => {
  it("is added for whole days, with the title that was written", async () => {
    const post = vi.spyOn(api, "post").mockResolvedValue(council);
    const closed = open(null);
    fireEvent.click(screen.getByRole("button", { name: "Add" }));
    expect(screen.getByText("Give it a title.")).toBeTruthy();
    expect(post).not.toHaveBeenCalled();
    fill(/^Title/, " Market ");
    fill(/^Ends/, "2026-11-23");
    fireEvent.click(screen.getByRole("button", { name: "Add" }));
    expect(screen.getByText("It ends before it starts.")).toBeTruthy();
    fill(/^Ends/, "2026-11-25");
    fireEvent.click(screen.getByRole("button", { name: "Add" }));
    await waitFor(() => expect(closed).toHaveBeenCalled());
    const [path, body, options] = post.mock.calls[0] ?? [];
    expect(path).toBe("/events");
    expect(body).toEqual({
      title: "Market",
      note: "",
      department: null,
      starts_on: "2026-11-24",
      ends_on: "2026-11-25",
    });
    expect(options?.idempotencyKey).toMatch(/^[0-9a-f-]{36}$/);
  });

  it("has a time in its zone, and says which where clocks show it twice or never", async () => {
    const post = vi.spyOn(api, "post").mockResolvedValue(council);
    open(null);
    fill(/^Title/, "Council");
    fireEvent.click(screen.getByLabelText("Whole days"));
    fill(/^Starts/, "2026-03-29");
    fill(/^From/, "02:30");
    expect(screen.getByText(/Clocks skip this time/)).toBeTruthy();
    fill(/^Starts/, "2026-10-25");
    expect(screen.getByText(/the first is meant/)).toBeTruthy();
    fireEvent.click(screen.getByRole("button", { name: "Add" }));
    await waitFor(() => expect(post).toHaveBeenCalled());
    expect(post.mock.calls[0]?.[1]).toMatchObject({ starts_at: "2026-10-25T00:30:00.000Z", zone: "Europe/Paris" });
  });

  it("keeps its instant when only its words are changed, and names the version it changes", async () => {
    const patch = vi.spyOn(api, "patch").mockResolvedValue(council);
    open(council);
    fill(/^Title/, "The council");
    fireEvent.click(screen.getByRole("button", { name: "Save" }));
    await waitFor(() => expect(patch).toHaveBeenCalled());
    expect(patch.mock.calls[0]).toEqual([
      "/events/e1",
      expect.objectContaining({ title: "The council", starts_at: council.starts_at, department: "water" }),
      3,
    ]);
  });

  it("is deleted after a question", async () => {
    const remove = vi.spyOn(api, "delete").mockResolvedValue(undefined);
    const closed = open(council);
    fireEvent.click(screen.getByRole("button", { name: "Delete" }));
    expect(remove).not.toHaveBeenCalled();
    fireEvent.click(await screen.findByRole("button", { name: "Delete" }));
    await waitFor(() => expect(closed).toHaveBeenCalled());
    expect(remove).toHaveBeenCalledWith("/events/e1", 3);
  });

  it("is only shown to who may not write where it belongs", () => {
    for (const [event, role] of [
      [council, "analyst"],
      [{ ...council, department: "police" }, "contributor"],
    ] as const) {
      open(event, role);
      expect(screen.getByText("Room 2")).toBeTruthy();
      expect(screen.queryByRole("textbox")).toBeNull();
      expect(screen.queryByRole("button", { name: "Delete" })).toBeNull();
      cleanup();
    }
  });
});
