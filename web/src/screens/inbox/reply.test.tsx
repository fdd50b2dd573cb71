import { cleanup, render, screen } from "@testing-library/react";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import type { Conversation } from "../../api/types";
import { speak, startSpeaking } from "../../i18n";
import { Reply } from "./Reply";

const nothing = vi.fn();
const show = (obstacle: string, network = "rss") =>
  render(
    <Reply
      conversation={{ id: "c1", network, can_reply: false, obstacle, messages: [{}] } as unknown as Conversation}
      present={[]}
      deaf={false}
      mayRespond
      chosen={null}
      onChosen={nothing}
      onTyped={nothing}
      onRested={nothing}
      onSent={nothing}
      onClosed={nothing}
    />,
  );

beforeAll(async () => {
  await startSpeaking();
});
afterEach(cleanup);

describe("where nothing can be answered", () => {
  it.each([
    ["en", "No answer can be given here"],
    ["fr", "On ne peut pas répondre ici"],
  ] as const)("says so of a feed, and offers no box: %s", async (language, words) => {
    await speak(language);
    show("replies_not_offered");
    expect(screen.getByText(words)).toBeTruthy();
    expect(screen.queryByRole("textbox")).toBeNull();
  });

  it("tells it apart from what may pass", async () => {
    await speak("en");
    show("profile_broken", "mastodon");
    expect(screen.getByText("Answering on Mastodon is not possible now")).toBeTruthy();
    expect(screen.queryByRole("textbox")).toBeNull();
  });
});
