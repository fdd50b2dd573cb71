// What a browser loads between the sign-in page and the calendar, brotli-compressed: the goal is 190 kB of scripts.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync } from "node:zlib";

const GOAL_KB = 190;
const dist = new URL("../dist/", import.meta.url).pathname;
const weigh = (path) => brotliCompressSync(readFileSync(path)).length / 1000;
const all = readdirSync(join(dist, "assets")).filter((name) => name.endsWith(".js"));

// From index.html, then along the static imports; the calendar and one language are asked for at once.
const html = readFileSync(join(dist, "index.html"), "utf8");
const wanted = new Set();
const follow = (name) => {
  if (wanted.has(name)) return;
  wanted.add(name);
  const text = readFileSync(join(dist, "assets", name), "utf8");
  for (const match of text.matchAll(/(?:from|import)\s*["']\.\/([\w.-]+\.js)["']/g)) follow(match[1]);
};
for (const match of html.matchAll(/assets\/([\w.-]+\.js)/g)) follow(match[1]);
for (const name of all.filter((one) => /^(Calendar|fr)-/.test(one))) follow(name);

const first = [...wanted].reduce((sum, name) => sum + weigh(join(dist, "assets", name)), 0);
const every = all.reduce((sum, name) => sum + weigh(join(dist, "assets", name)), 0);
console.log(`first load ${first.toFixed(1)} kB brotli in ${wanted.size} scripts; all screens ${every.toFixed(1)} kB`);
if (first > GOAL_KB) {
  console.error(`more than ${GOAL_KB} kB`);
  process.exit(1);
}
