/**
 * What citizens write may hold characters that turn the direction of text (an override in a name is an old trick to
 * forge what stands beside it). They are shown as they are, but what a text opens it also closes, and it closes nothing
 * that it did not open: so that an isolate around it (<bdi>, or FSI and PDI) holds.
 */
const EMBEDDING = /[\u202a\u202b\u202d\u202e]/;
const ISOLATE = /[\u2066-\u2068]/;
const [PDF, FSI, PDI] = ["\u202c", "\u2068", "\u2069"] as const;
const ANY = /[\u202a-\u202e\u2066-\u2069]/;

/** Everything opened ends with its paragraph, by the bidirectional algorithm itself. */
const BREAKS = "\n\r\u0085\u2029\u001c\u001d\u001e";

export function balanced(text: string): string {
  if (!ANY.test(text)) return text;
  let open: string[] = [];
  let made = "";
  for (const sign of text) {
    if (BREAKS.includes(sign)) {
      made += open.reverse().join("");
      open = [];
    } else if (EMBEDDING.test(sign)) open.push(PDF);
    else if (ISOLATE.test(sign)) open.push(PDI);
    else if (sign === PDF) {
      if (open.at(-1) !== PDF) continue;
      open.pop();
    } else if (sign === PDI) {
      const at = open.lastIndexOf(PDI);
      if (at < 0) continue;
      open.length = at;
    }
    made += sign;
  }
  return made + open.reverse().join("");
}

/** For sentences, labels and titles, where no element can stand around the text. */
export function isolated(text: string): string {
  return FSI + balanced(text) + PDI;
}
