import { expect, test } from "vitest";
import { bytes } from "./bytes";

test.each([
  [300, "1 kB"],
  [812_400, "812 kB"],
  [1_234_567, "1.2 MB"],
])("%i bytes in English", (count, words) => {
  expect(bytes(count, "en-GB")).toBe(words);
});

test("and in French", () => {
  expect(bytes(1_234_567, "fr-FR").replace(/\s/g, " ")).toBe("1,2 Mo");
});
