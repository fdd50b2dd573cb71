import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { useState } from "react";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import type { Tracking as Marks, Me, PostContent, Profile, Warning } from "../../api/types";
import { speak, startSpeaking } from "../../i18n";
import { MeContext } from "../../shell/me";
import { split } from "../../text/split";
import { tracked } from "../../text/tracking";
import { Warnings } from "../../when/Warnings";
import { cardFor, emptyContent, fingerprint, leavingFor, partsFor } from "./content";
import { Tracking } from "./Tracking";

const URL = "https://valmont.example/crue";
const MARKS: Marks = { campaign: "crue-2026", hosts: ["valmont.example"] };
const PARAMETERS = "?utm_source=mastodon&utm_medium=social&utm_campaign=crue-2026";
const content = (part: Partial<PostContent> = {}): PostContent => ({
  ...emptyContent,
  text: `Voir ${URL}`,
  tracking: MARKS,
  ...part,
});

beforeAll(async () => {
  await startSpeaking();
  await speak("en");
});
afterEach(cleanup);

let now: Marks | null;

function Held({ texts, start = null, campaign }: { texts: string[]; start?: Marks | null; campaign?: string }) {
  const [tracking, setTracking] = useState<Marks | null>(start);
  now = tracking;
  return <Tracking tracking={tracking} texts={texts} campaign={campaign} onChange={setTracking} />;
}

const box = (name: string) => screen.getByRole("checkbox", { name });

describe("the switch", () => {
  it("is offered where there is a link, and off", () => {
    const { rerender } = render(<Held texts={["Sans lien"]} />);
    expect(screen.queryByRole("checkbox")).toBeNull();
    rerender(<Held texts={[URL]} />);
    expect(box("Add campaign tracking to links")).toHaveProperty("checked", false);
    expect(now).toBeNull();
  });

  it("takes the only site and the campaign's name, and is taken back", () => {
    render(<Held texts={[`Voir ${URL}.`]} campaign="Crue d’hiver" />);
    fireEvent.click(box("Add campaign tracking to links"));
    expect(now).toEqual({ campaign: "crue-d-hiver", hosts: ["valmont.example"] });
    fireEvent.click(box("Add campaign tracking to links"));
    expect(now).toBeNull();
  });

  it("ticks none of several sites by itself", () => {
    render(<Held texts={[URL, "https://ailleurs.example/"]} />);
    fireEvent.click(box("Add campaign tracking to links"));
    expect(now).toEqual({ campaign: null, hosts: [] });
    expect(screen.getByText(/^Tick the sites/)).toBeTruthy();
    fireEvent.click(box("valmont.example"));
    expect(now?.hosts).toEqual(["valmont.example"]);
    expect(screen.queryByText(/^Tick the sites/)).toBeNull();
  });

  it("keeps what was ticked in sight when its link is gone", () => {
    render(<Held texts={[]} start={MARKS} />);
    fireEvent.click(box("valmont.example"));
    expect(now?.hosts).toEqual([]);
  });

  it("takes for the campaign what may stand in a link", () => {
    render(<Held texts={[URL]} start={MARKS} />);
    fireEvent.change(screen.getByRole("textbox"), { target: { value: "Été & eau" } });
    expect(now?.campaign).toBe("ete-eau");
    fireEvent.change(screen.getByRole("textbox"), { target: { value: "" } });
    expect(now?.campaign).toBeNull();
  });
});

describe("what leaves", () => {
  it("has the parameters, in every part, while people go on writing without them", () => {
    const thread = { x: [`Suite ${URL}`] };
    expect(leavingFor(content(), "mastodon")).toEqual([`Voir ${URL}${PARAMETERS}`]);
    expect(leavingFor(content({ thread }), "x").every((part) => part.includes("utm_source=x&"))).toBe(true);
    expect(partsFor(content({ thread }), "x")).toEqual([`Voir ${URL}`, `Suite ${URL}`]);
    expect(leavingFor(content({ tracking: null }), "mastodon")).toEqual([`Voir ${URL}`]);
  });

  it("has the card lead where its words do", () => {
    const card = { url: URL, title: "Crue", description: "", image: null };
    expect(cardFor(content({ card }), "mastodon")?.url).toBe(URL + PARAMETERS);
    expect(cardFor(content({ card, tracking: null }), "mastodon")?.url).toBe(URL);
  });

  it("is told from what leaves without", () => {
    const marks = [content(), content({ tracking: null }), content({ tracking: { ...MARKS, campaign: null } })];
    expect(new Set(marks.map(fingerprint)).size).toBe(3);
    const { tracking: _, ...before } = emptyContent; // a safety copy of an earlier version
    expect(fingerprint(before as PostContent)).toBe(fingerprint(emptyContent));
  });

  it("fits its thread's parts, parameters and all", () => {
    const limits = { text_unit: "graphemes", text_max: 120, text_bytes_max: null } as Profile["limits"];
    const text = `${"Un mot. ".repeat(6)}${URL} ${"Un mot. ".repeat(6)}`.trim();
    const leaves = (words: string) => tracked(words, "mastodon", MARKS);
    expect(split(text, limits)).toHaveLength(2);
    const parts = split(text, limits, leaves);
    expect(parts.length).toBeGreaterThan(2);
    expect(parts.every((part) => leaves(part).length <= 120)).toBe(true);
    expect(parts.join(" ")).toBe(text);
  });
});

describe("what stands near", () => {
  const me = { agency: { zone: "Europe/Paris" } } as Me;
  const profiles = [
    { id: "p1", network: "bluesky" },
    { id: "p2", network: "mastodon" },
    { id: "p3", network: "mastodon" },
  ] as Profile[];
  const warning: Warning = {
    code: "duplicate",
    post: "autre",
    title: "La rue Haute",
    due_at: "2026-11-03T09:00:00.000Z",
    profiles: ["p1", "p2", "p3"],
  };
  const show = (warnings: Warning[]) =>
    render(
      <MeContext value={me}>
        <Warnings warnings={warnings} profiles={profiles} />
      </MeContext>,
    );

  it("is said in the agency's time, with the way to it, and as no error", () => {
    const clashing: Warning = { ...warning, code: "clash", post: "proche", title: "", profiles: ["p2"] };
    show([{ ...warning, code: "clash" }, clashing, warning]);
    const [clash, same] = screen.getAllByRole("listitem");
    expect(same?.textContent).toMatch(/^The same words on Bluesky and Mastodon, .*10:00.*: La rue Haute$/);
    expect(clash?.textContent).toMatch(/^Another post on Mastodon at nearly the same time, .*: see the post$/);
    expect(screen.getAllByRole("link").map((link) => link.getAttribute("href"))).toEqual([
      "/posts/proche",
      "/posts/autre",
    ]);
    expect(screen.queryByRole("alert")).toBeNull();
  });

  it("is silent where there is nothing", () => {
    const { container } = show([]);
    expect(container.textContent).toBe("");
  });
});
