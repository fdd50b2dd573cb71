// French and English have the same keys and placeholders, each key is used, and components hold no words of their own.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const root = new URL("..", import.meta.url).pathname;
const flat = (node, path = "") =>
  Object.entries(node).flatMap(([key, value]) =>
    typeof value === "string" ? [[path + key, value]] : flat(value, `${path}${key}.`),
  );
const read = (language) => new Map(flat(JSON.parse(readFileSync(join(root, `src/locales/${language}.json`), "utf8"))));
const [en, fr] = [read("en"), read("fr")];
const faults = [];

const placeholders = (text) => [...text.matchAll(/\{\{(\w+)\}\}/g)].map((match) => match[1]).sort();
for (const key of new Set([...en.keys(), ...fr.keys()])) {
  if (!fr.has(key)) faults.push(`fr lacks ${key}`);
  else if (!en.has(key)) faults.push(`en lacks ${key}`);
  else if (!en.get(key).trim() || !fr.get(key).trim()) faults.push(`${key} is empty`);
  else if (String(placeholders(en.get(key))) !== String(placeholders(fr.get(key))))
    faults.push(`${key}: placeholders differ`);
}

const files = readdirSync(join(root, "src"), { recursive: true })
  .filter((name) => /\.tsx?$/.test(name) && !/\.test\.|schema\.d\.ts$/.test(name))
  .map((name) => [name, readFileSync(join(root, "src", name), "utf8")]);
const source = files.map(([, text]) => text).join("\n");

// `errors.${code}` and its like use every key of their group.
const used = new Set([...source.matchAll(/["'`]([a-z]\w*(?:\.\w+)+)["'`]/gi)].map((match) => match[1]));
const groups = [...source.matchAll(/`((?:[a-z]\w*\.)+)\$\{/gi)].map((match) => match[1]);
if (/`\$\{group\}\.\$\{code\}`/.test(source)) groups.push("errors.", "reasons.", "notices.");
if (source.includes("`story.${")) groups.push("story.");
for (const key of en.keys()) {
  const base = key.replace(/_(zero|one|two|few|many|other)$/, "");
  if (!used.has(key) && !used.has(base) && !groups.some((group) => key.startsWith(group)))
    faults.push(`${key} is not used`);
}

const WORDY = /\s(?:aria-label|title|placeholder|alt|label|hint|optional)="([^"]*\p{L}{2,}[^"]*)"/gu;
for (const [name, text] of files) {
  for (const match of text.matchAll(WORDY)) faults.push(`${name}: words outside the locales: ${match[0].trim()}`);
}

if (faults.length > 0) {
  console.error(faults.join("\n"));
  process.exit(1);
}
console.log(`${en.size} keys in each language`);
