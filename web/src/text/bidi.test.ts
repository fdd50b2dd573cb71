import { describe, expect, it } from "vitest";
import { balanced, isolated } from "./bidi";

const [RLO, LRE, PDF, RLI, FSI, PDI] = ["\u202e", "\u202a", "\u202c", "\u2067", "\u2068", "\u2069"];

describe("balanced", () => {
  it("leaves ordinary words alone, right-to-left ones and emoji among them", () => {
    for (const text of ["", "Été 2026", "مرحبا بكم", "👩‍👩‍👧‍👧 <b>"]) expect(balanced(text)).toBe(text);
  });

  it("closes an override that its author left open", () => expect(balanced(`a${RLO}b`)).toBe(`a${RLO}b${PDF}`));

  it("drops a closing sign that would end the isolate around the text", () => {
    expect(balanced(`Claire${PDI}${RLO}forged`)).toBe(`Claire${RLO}forged${PDF}`);
    expect(balanced(`a${PDF}b`)).toBe("ab");
  });

  it("keeps what is well formed", () => {
    const text = `${RLI}a ${LRE}b${PDF} c${PDI} d`;
    expect(balanced(text)).toBe(text);
  });

  it("closes in the order that undoes the opening", () =>
    expect(balanced(`${RLI}${RLO}a`)).toBe(`${RLI}${RLO}a${PDF}${PDI}`));

  it("takes the end of an isolate as the end of the embeddings in it", () =>
    expect(balanced(`${RLI}${RLO}a${PDI}b${PDF}`)).toBe(`${RLI}${RLO}a${PDI}b`));

  it("does not let an embedding's end reach through an isolate", () =>
    expect(balanced(`${RLO}${RLI}a${PDF}b`)).toBe(`${RLO}${RLI}ab${PDI}${PDF}`));

  it("treats each paragraph for itself", () => expect(balanced(`${RLO}a\nb${PDF}\r\nc`)).toBe(`${RLO}a${PDF}\nb\r\nc`));
});

it("isolated puts the text between signs that nothing in it can end", () =>
  expect(isolated(`x${PDI}y`)).toBe(`${FSI}xy${PDI}`));
