// A stand-in for the API, in memory, for developing the screens and for looking at them: `npm run mock`, then open the
// address it prints. It serves dist/ with the production Content-Security-Policy and honours the shapes; it is no test
// of the real thing.
//   MOCK_PORT=8100  (0: any free one)  MOCK_EMPTY=1 (an agency with nothing yet)  MOCK_NOW=2026-11-23T10:00:00Z (where the plan is laid)
import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { agendaRoutes } from "./mock-agenda.mjs";
import { approvalsRoutes } from "./mock-approvals.mjs";
import { inboxRoutes } from "./mock-inbox.mjs";
import { reportsRoutes } from "./mock-reports.mjs";

const PORT = Number(process.env.MOCK_PORT ?? 8100);
const EMPTY = process.env.MOCK_EMPTY === "1";
let ORIGIN = `http://127.0.0.1:${PORT}`;
const DIST = new URL("../dist/", import.meta.url).pathname;
const ZONE = "Europe/Paris";
const start = process.env.MOCK_NOW ? Date.parse(process.env.MOCK_NOW) : Date.now();
const CSP =
  "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self' blob: https:; connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

const iso = (time) => new Date(time).toISOString();
const id = () => randomUUID().slice(0, 8);
const HOUR = 3_600_000;
const DAY = 24 * HOUR;

const departments = [
  { id: "dep-com", name: "Communication" },
  { id: "dep-eau", name: "Eau et assainissement" },
  { id: "dep-pol", name: "Police municipale" },
];
const people = {
  "claire@valmont.example": person(
    "p-claire",
    "Claire Fontaine",
    "claire@valmont.example",
    "administrator",
    departments,
  ),
  "nadia@valmont.example": person("p-nadia", "Nadia Benali", "nadia@valmont.example", "duty_officer", departments),
  "lea@valmont.example": person("p-lea", "Léa Nguyen-Vasseur", "lea@valmont.example", "responder", departments),
  "marc@valmont.example": person("p-marc", "Marc Delaunay", "marc@valmont.example", "publisher", departments),
  "sam@valmont.example": person("p-sam", "Sam Okafor", "sam@valmont.example", "contributor", departments.slice(0, 1)),
};
function person(pid, name, email, role, where) {
  return {
    id: pid,
    name,
    email,
    language: "en",
    agency: { id: "valmont", name: "Ville de Valmont-sur-Loire", zone: ZONE },
    departments,
    roles: where.map((department) => ({ department: department.id, role })),
    second_factor: { enrolled: false, required: false, waived: true },
  };
}
const author = { id: "p-claire", name: "Claire Fontaine" };

const limits = {
  bluesky: {
    text_unit: "graphemes",
    text_max: 300,
    text_bytes_max: 3000,
    url_length: null,
    images_max: 4,
    image_bytes_max: 2_000_000,
    image_types: ["image/jpeg", "image/png", "image/webp"],
    alt_max: 2000,
    source: "app.bsky.feed.post",
  },
  mastodon: {
    text_unit: "weighted",
    text_max: 500,
    text_bytes_max: null,
    url_length: 23,
    images_max: 4,
    image_bytes_max: 16_777_216,
    image_types: ["image/jpeg", "image/png", "image/webp", "image/gif"],
    alt_max: 1500,
    source: "/api/v2/instance",
  },
};
const profile = (
  pid,
  network,
  handle,
  display_name,
  server,
  department,
  status = "connected",
  status_reason = null,
) => ({
  id: pid,
  network,
  handle,
  display_name,
  avatar_url: null,
  server,
  department,
  status,
  status_reason,
  connected_at: iso(start - 40 * DAY),
  limits: limits[network],
  version: 1,
});
const profiles = EMPTY
  ? []
  : [
      profile(
        "pr-bsky",
        "bluesky",
        "valmont.bsky.social",
        "Ville de Valmont-sur-Loire",
        "https://bsky.social",
        "dep-com",
      ),
      profile(
        "pr-masto",
        "mastodon",
        "@valmont@social.valmont.example",
        "Ville de Valmont",
        "https://social.valmont.example",
        "dep-com",
      ),
      profile(
        "pr-eau",
        "mastodon",
        "@eau@social.valmont.example",
        "Eau de Valmont",
        "https://social.valmont.example",
        "dep-eau",
      ),
      profile(
        "pr-pol",
        "bluesky",
        "police.valmont.example",
        "Police municipale de Valmont",
        "https://bsky.social",
        "dep-pol",
        "broken",
        "credentials_refused",
      ),
    ];
const campaigns = EMPTY
  ? []
  : [
      {
        id: "c-neige",
        name: "Plan neige 2026",
        department: "dep-com",
        brief: "Prévenir avant chaque épisode : routes, écoles, transports.\nTon calme, une consigne par message.",
        starts_on: "2026-11-15",
        ends_on: "2027-03-15",
        owner: author,
        version: 1,
      },
      {
        id: "c-marche",
        name: "Marché de Noël",
        department: "dep-com",
        brief: "",
        starts_on: "2026-11-28",
        ends_on: "2026-12-24",
        owner: author,
        version: 1,
      },
      {
        id: "c-eau",
        name: "Économiser l’eau",
        department: "dep-eau",
        brief: "Gestes simples, un par semaine.",
        starts_on: null,
        ends_on: null,
        owner: author,
        version: 1,
      },
    ];
const posts = new Map();
const histories = new Map();
const media = new Map();
const pauses = [];
const connections = new Map();
const created = new Map(); // Idempotency-Key -> answer

function note(post, at, kind, detail = {}, actor = null, on = null) {
  const events = histories.get(post.id) ?? [];
  events.push({ id: `${post.id}-${events.length}`, at: iso(at), kind, actor, profile: on, detail });
  histories.set(post.id, events);
}
const neverReviewed = { workflow: null, review_required: false, content_version: 1, review: null };
const titleOf = (post) => post.text.trim().split("\n")[0].slice(0, 120);
function delivery(post, target, state, more = {}) {
  const there = profiles.find((candidate) => candidate.id === target);
  return {
    id: `d-${post.id}-${target}`,
    post: post.id,
    profile: target,
    network: there.network,
    handle: there.handle,
    state,
    reason: null,
    due_at: post.due_at,
    next_at: state === "queued" ? post.due_at : null,
    attempts: 0,
    url: null,
    remote_id: null,
    published_at: null,
    title: titleOf(post),
    ...more,
  };
}
function plant(text, due, targets, state, more = {}) {
  const post = {
    id: id(),
    department: more.department ?? "dep-com",
    version: 1,
    state,
    due_at: due === null ? null : iso(due),
    zone: ZONE,
    author,
    created_at: iso(start - 3 * DAY),
    updated_at: iso(start - 2 * DAY),
    text,
    variants: more.variants ?? {},
    media: more.media ?? [],
    targets,
    campaign: more.campaign ?? null,
    tags: more.tags ?? [],
    language: null,
    deliveries: [],
    ...neverReviewed,
  };
  post.deliveries = targets.map((target) => delivery(post, target, state === "done" ? "published" : "queued"));
  posts.set(post.id, post);
  note(post, start - 3 * DAY, "post.created", {}, author);
  if (due !== null) note(post, start - 2 * DAY, "post.scheduled", { due_at: iso(due) }, author);
  for (const one of post.deliveries) {
    if (state !== "done") continue;
    Object.assign(one, {
      attempts: 1,
      published_at: iso(due + 412),
      url: `https://example.org/${post.id}`,
      remote_id: post.id,
    });
    note(post, due - 90_000, "delivery.armed", { due_at: iso(due) }, null, one.profile);
    note(post, due + 30, "delivery.attempted", { attempt: 1 }, null, one.profile);
    note(
      post,
      due + 412,
      "delivery.published",
      { due_at: iso(due), lateness_ms: 412, url: one.url },
      null,
      one.profile,
    );
  }
  return post;
}

const picture = (from, to) =>
  Buffer.from(
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1200 800"><defs><linearGradient id="g" x2="0" y2="1"><stop stop-color="${from}"/><stop offset="1" stop-color="${to}"/></linearGradient></defs><rect width="1200" height="800" fill="url(#g)"/><circle cx="890" cy="220" r="90" fill="#fff8e0"/><path d="M0 620 260 380 520 610 760 330 1200 700V800H0Z" fill="#27434a"/><path d="M0 720Q300 620 620 700T1200 690V800H0Z" fill="#f4f7f8"/></svg>`,
  );
function plantMedia(filename, from, to) {
  const one = {
    id: id(),
    state: "ready",
    reason: null,
    filename,
    content_type: "image/svg+xml",
    size: 20_000,
    width: 1200,
    height: 800,
    duration_s: null,
    url: null,
  };
  one.url = `/api/mock-files/${one.id}`;
  media.set(one.id, { shape: one, bytes: picture(from, to), looks: 0 });
  return one.id;
}

const evening = plantMedia("parvis.jpg", "#3b4a6b", "#d9a066");
if (!EMPTY) {
  const midnight = Math.floor(start / DAY) * DAY - HOUR; // winter time in Paris
  const at = (day, hour, minute = 0) => midnight + day * DAY + hour * HOUR + minute * 60_000;
  const both = ["pr-bsky", "pr-masto"];
  const neige = plantMedia("rue-des-tanneurs.jpg", "#8fb8d0", "#dfeaf0");
  plant(
    "Travaux rue des Tanneurs du 3 au 14 : circulation alternée, trottoir nord ouvert. https://valmont.example/travaux/tanneurs",
    at(-12, 9),
    both,
    "done",
  );
  plant("Conseil municipal jeudi à 18 h 30, ouvert au public et retransmis en direct.", at(-6, 12, 30), both, "done");
  plant("Collecte des encombrants : inscription jusqu’à mercredi.", at(-4, 8), ["pr-masto"], "done");
  plant("Bibliothèque fermée ce matin pour inventaire, réouverture à 14 h.", at(-2, 7, 45), both, "done");
  plant("La patinoire ouvre samedi ! Entrée libre pour les moins de 12 ans.", at(-1, 17), both, "done", {
    media: [
      {
        media: plantMedia("patinoire.jpg", "#b7a5d9", "#f3e3d0"),
        alt: "La patinoire installée place de l’Hôtel de Ville, à la tombée du jour",
      },
    ],
    campaign: "c-marche",
  });
  plant("Gel cette nuit : pensez à protéger vos compteurs d’eau.", at(0, 7, 30), ["pr-eau"], "done", {
    campaign: "c-eau",
    department: "dep-eau",
  });
  const snow = plant(
    "❄️ Vigilance orange neige-verglas mercredi de 6 h à 14 h.\n\nReportez vos déplacements. Les bus circulent sur les axes principaux ; écoles ouvertes.\n\nPoint de situation : https://valmont.example/neige #Valmont #neige",
    at(2, 5, 45),
    both,
    "scheduled",
    {
      media: [{ media: neige, alt: "La rue des Tanneurs enneigée, une saleuse au travail" }],
      campaign: "c-neige",
      tags: ["neige", "voirie"],
      variants: {
        mastodon:
          "❄️ Vigilance orange neige-verglas mercredi de 6 h à 14 h. Reportez vos déplacements. Suivez @meteo@social.example. https://valmont.example/neige",
      },
    },
  );
  snow.version = 3;
  note(snow, start - DAY, "post.changed", {}, { id: "p-sam", name: "Sam Okafor" });
  for (const [index, text] of [
    "Marché de Noël : le programme du week-end",
    "Stationnement gratuit dès 17 h en décembre",
    "Atelier compost à la ressourcerie",
    "Réunion publique : le futur parc des Berges",
    "Don du sang salle Voltaire",
    "Accueil de loisirs : inscriptions ouvertes",
  ].entries()) {
    plant(
      text,
      at(5, 9 + index, 15),
      index % 2 ? ["pr-masto"] : both,
      "scheduled",
      index === 0 ? { campaign: "c-marche" } : {},
    );
  }
  plant("Fermeture exceptionnelle de l’état civil le vendredi 4", at(9, 10), both, "scheduled");
  plant("Lumières de Noël : allumage place du Parvis à 18 h", at(12, 16), both, "scheduled", { campaign: "c-marche" });
  plant("Vœux du maire : la salle a changé", at(3, 11), both, "cancelled").deliveries.forEach((one) => {
    one.state = "cancelled";
  });

  const held = plant("Piscine : horaires des vacances, ouverte le dimanche matin", at(0, 8), both, "scheduled");
  for (const one of held.deliveries) {
    Object.assign(one, { state: "held", reason: { code: "paused", detail: null }, next_at: null });
    note(held, at(0, 8), "delivery.held", { reason: "paused" }, null, one.profile);
  }
  const failed = plant(
    "Reprise de la distribution d’eau quartier des Vignes",
    at(-1, 22, 10),
    ["pr-eau"],
    "scheduled",
    { department: "dep-eau" },
  );
  Object.assign(failed.deliveries[0], {
    state: "failed",
    reason: { code: "media_refused", detail: "Validation failed: File type is not supported" },
    attempts: 1,
    next_at: null,
  });
  note(failed, at(-1, 22, 10), "delivery.attempted", { attempt: 1 }, null, "pr-eau");
  note(
    failed,
    at(-1, 22, 10) + 640,
    "delivery.failed",
    { reason: "media_refused", detail: "422 Validation failed: File type is not supported" },
    null,
    "pr-eau",
  );
  const unsure = plant(
    "Coupure d’électricité rue Pasteur : les équipes sont sur place, retour prévu vers 21 h 30",
    at(-1, 19, 42),
    ["pr-bsky", "pr-masto"],
    "scheduled",
  );
  Object.assign(unsure.deliveries[0], {
    state: "published",
    attempts: 1,
    published_at: iso(at(-1, 19, 42) + 380),
    url: "https://example.org/x",
    remote_id: "x",
  });
  Object.assign(unsure.deliveries[1], {
    state: "unconfirmed",
    reason: { code: "not_confirmed", detail: null },
    attempts: 1,
    next_at: null,
  });
  note(unsure, at(-1, 19, 42) + 20, "delivery.attempted", { attempt: 1 }, null, "pr-masto");
  note(unsure, at(-1, 19, 42) + 10_200, "delivery.unconfirmed", { reason: "not_confirmed" }, null, "pr-masto");
  note(unsure, at(-1, 19, 43), "delivery.reconciled", {}, null, "pr-masto");

  plant("Brouillon : rappel des règles de déneigement devant chez soi. ", null, both, "draft", { campaign: "c-neige" });
  plant("Idée de fil sur les métiers de la propreté urbaine, avec portraits", null, [], "draft");
}

const sessions = new Map(); // cookie -> e-mail
const tokens = new Map(); // access token -> e-mail
const waiting = () =>
  [...posts.values()]
    .flatMap((post) => post.deliveries)
    .filter((one) => ["held", "failed", "unconfirmed"].includes(one.state));
const summary = (post) => ({
  id: post.id,
  title: titleOf(post),
  state: post.state,
  department: post.department,
  campaign: post.campaign,
  due_at: post.due_at,
  zone: post.zone,
  author: post.author,
  media: post.media.length,
  deliveries: post.deliveries.map(({ profile: target, network, state, due_at }) => ({
    profile: target,
    network,
    state,
    due_at,
  })),
});

class Refusal extends Error {
  constructor(status, code, field = null) {
    super(code);
    Object.assign(this, { status, code, field });
  }
}
const found = (thing) => {
  if (!thing) throw new Refusal(404, "not_found");
  return thing;
};
const segmenter = new Intl.Segmenter();
const count = (text) => [...segmenter.segment(text)].length;
function lengthFor(text, network) {
  if (network === "bluesky") return count(text);
  return count(text.replace(/https?:\/\/[^\s]+[^\s.,;:!?)]/g, "x".repeat(23)).replace(/(@\w+)@[\w.-]+\w/g, "$1"));
}
function check(content) {
  return content.targets.map((target) => {
    const there = found(profiles.find((candidate) => candidate.id === target));
    const text = content.variants?.[there.network] ?? content.text;
    const length = lengthFor(text, there.network);
    const problems = [];
    const add = (code, field) =>
      problems.push({ code, field, hint: code, limit: there.limits.text_max, actual: length, profile: target });
    if (length > there.limits.text_max) add("text_too_long", "text");
    if (!text.trim() && content.media.length === 0) add("text_empty", "text");
    if (content.media.length > there.limits.images_max) add("too_many_images", "media");
    if (there.status === "broken") add("profile_broken", "targets");
    const renditions = content.media
      .map((each) => media.get(each.media)?.shape)
      .filter((one) => one?.content_type === "image/png" && !(there.limits.image_types ?? []).includes("image/png"))
      .map((one) => ({ media: one.id, content_type: "image/jpeg", size: 412_000, width: 800, height: 600 }));
    return { profile: target, network: there.network, length, limit: there.limits.text_max, problems, renditions };
  });
}
function instantOf(schedule) {
  if (schedule.now) return Date.now();
  if (schedule.due_at) return Date.parse(schedule.due_at);
  const zone = schedule.zone ?? ZONE;
  const wall = Date.parse(`${schedule.due_local}Z`);
  const shift = (at) => {
    const parts = Object.fromEntries(
      new Intl.DateTimeFormat("en", {
        timeZone: zone,
        hourCycle: "h23",
        year: "numeric",
        month: "numeric",
        day: "numeric",
        hour: "numeric",
        minute: "numeric",
        second: "numeric",
      })
        .formatToParts(at)
        .map((part) => [part.type, part.value]),
    );
    return Date.UTC(parts.year, parts.month - 1, parts.day, parts.hour, parts.minute, parts.second) - at;
  };
  const matches = [...new Set([wall - shift(wall - DAY), wall - shift(wall + DAY)])]
    .filter((at) => at + shift(at) === wall)
    .sort();
  if (matches.length === 0) throw new Refusal(422, "due_skipped_hour", "due_local");
  if (matches.length > 1 && !schedule.which) throw new Refusal(422, "due_repeated_hour", "due_local");
  return schedule.which === "later" ? matches.at(-1) : matches[0];
}
function plan(post, schedule, who) {
  const due = instantOf(schedule);
  if (!schedule.now && due < Date.now()) throw new Refusal(422, "due_in_the_past", "due_local");
  if (post.targets.length === 0) throw new Refusal(422, "no_targets", "targets");
  Object.assign(post, { state: "scheduled", due_at: iso(due), zone: schedule.zone ?? ZONE, version: post.version + 1 });
  post.deliveries = post.targets.map((target) => delivery(post, target, "queued"));
  note(post, Date.now(), "post.scheduled", { due_at: post.due_at }, who);
}
function leave(post, one) {
  one.state = "publishing";
  one.attempts += 1;
  note(post, Date.now(), "delivery.attempted", { attempt: one.attempts }, null, one.profile);
  setTimeout(() => {
    Object.assign(one, {
      state: "published",
      published_at: iso(Date.now()),
      url: `https://example.org/${one.id}`,
      remote_id: one.id,
      reason: null,
    });
    note(post, Date.now(), "delivery.published", { due_at: one.due_at }, null, one.profile);
    if (post.deliveries.every((other) => ["published", "cancelled"].includes(other.state))) post.state = "done";
  }, 1_500);
}
const covers = (pause, post, one) =>
  pause.scope.kind === "agency" ||
  pause.scope.id === { department: post.department, profile: one.profile, campaign: post.campaign }[pause.scope.kind];
setInterval(() => {
  for (const post of posts.values()) {
    for (const one of post.deliveries) {
      if (one.state !== "queued" || Date.parse(one.due_at) > Date.now()) continue;
      if (pauses.some((pause) => covers(pause, post, one))) {
        Object.assign(one, { state: "held", reason: { code: "paused", detail: null }, next_at: null });
        note(post, Date.now(), "delivery.held", { reason: "paused" }, null, one.profile);
      } else leave(post, one);
    }
  }
}, 250).unref();

const body = async (request) => {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks);
};
const cookie = (request) => /parvis_refresh=([\w-]+)/.exec(request.headers.cookie ?? "")?.[1];

function session(email) {
  const token = randomUUID();
  tokens.set(token, email);
  return { access_token: token, expires_in: 900, me: people[email], challenge: null, recovery_codes: [] };
}
function current(request, version) {
  const match = request.headers["if-match"];
  if (match === undefined) throw new Refusal(428, "version_required");
  if (match !== `"${version}"`) throw new Refusal(412, "version_stale");
}
const page = (items) => ({ items, next: null });
const contentKeys = ["text", "variants", "media", "targets", "campaign", "tags", "language"];

// [method, pattern, handler(context) -> [status, body, headers?]]
const routes = [
  [
    "POST",
    "session",
    ({ json }) => {
      if (!people[json.email] || json.password !== "valmont") throw new Refusal(401, "sign_in_refused");
      const kept = randomUUID();
      sessions.set(kept, json.email);
      return [
        200,
        session(json.email),
        { "Set-Cookie": `parvis_refresh=${kept}; HttpOnly; SameSite=Strict; Path=/api/session` },
      ];
    },
  ],
  [
    "POST",
    "session/refresh",
    ({ request }) => {
      const email = sessions.get(cookie(request));
      if (!email) throw new Refusal(401, "session_ended");
      return [200, session(email)];
    },
  ],
  [
    "DELETE",
    "session",
    ({ request }) => {
      sessions.delete(cookie(request));
      return [204, null, { "Set-Cookie": "parvis_refresh=; Max-Age=0; Path=/api/session" }];
    },
  ],
  ["PATCH", "me", ({ me, json }) => [200, Object.assign(me, { language: json.language })]],
  ["GET", "me", ({ me }) => [200, me]],
  ["GET", "me/second-factor", () => [200, { enrolled_at: null, required: false, recovery_codes: 0 }]],
  [
    "GET",
    "me/sessions",
    ({ request }) => [
      200,
      page([
        {
          id: "session-1",
          agent: request.headers["user-agent"] ?? "",
          begun_at: iso(start),
          seen_at: iso(start),
          until: iso(start + 12 * HOUR),
          current: true,
        },
      ]),
    ],
  ],
  ["GET", "invitations", () => [200, page([])]],
  ["GET", "policy", () => [200, { second_factor: "administrators", waived: true, version: 0 }]],
  [
    "GET",
    "networks",
    () => [
      200,
      page([
        { network: "bluesky", name: "Bluesky", connect: "app_password", needs_server: false, limits: limits.bluesky },
        { network: "mastodon", name: "Mastodon", connect: "oauth", needs_server: true, limits: limits.mastodon },
      ]),
    ],
  ],
  ["GET", "profiles", () => [200, page(profiles)]],
  [
    "DELETE",
    "profiles/:id",
    ({ request, params }) => {
      const index = profiles.findIndex((candidate) => candidate.id === params.id);
      current(request, found(profiles[index]).version);
      profiles.splice(index, 1);
      for (const post of posts.values())
        for (const one of post.deliveries) {
          if (one.profile === params.id && one.state === "queued")
            Object.assign(one, { state: "held", reason: { code: "profile_removed", detail: null } });
        }
      return [204, null];
    },
  ],
  [
    "POST",
    "connections",
    ({ json }) => {
      if (json.network === "bluesky") {
        if (json.app_password === "wrong") throw new Refusal(422, "credentials_refused", "app_password");
        const made = profile(
          id(),
          "bluesky",
          json.identifier,
          json.identifier.split(".")[0],
          json.server,
          json.department,
        );
        profiles.push(made);
        return [201, { id: null, authorize_url: null, profile: made }];
      }
      const connection = id();
      const state = randomUUID();
      connections.set(connection, { state, server: json.server, department: json.department, mends: null });
      return [
        201,
        { id: connection, authorize_url: `${ORIGIN}/oauth/callback?code=abc&state=${state}`, profile: null },
      ];
    },
  ],
  [
    "POST",
    "connections/:id/code",
    ({ params, json }) => {
      const begun = connections.get(params.id);
      if (!begun) throw new Refusal(410, "connection_expired");
      if (json.state !== begun.state) throw new Refusal(422, "state_mismatch");
      connections.delete(params.id);
      if (begun.mends) return [201, Object.assign(begun.mends, { status: "connected", status_reason: null })];
      const host = new URL(begun.server).host;
      const made = profile(id(), "mastodon", `@mairie@${host}`, "Mairie", begun.server, begun.department);
      profiles.push(made);
      return [201, made];
    },
  ],
  [
    "POST",
    "profiles/:id/reconnect",
    ({ params }) => {
      const mends = found(profiles.find((candidate) => candidate.id === params.id));
      if (mends.network === "bluesky") {
        Object.assign(mends, { status: "connected", status_reason: null, version: mends.version + 1 });
        return [201, { id: null, authorize_url: null, profile: mends }];
      }
      const [connection, state] = [id(), randomUUID()];
      connections.set(connection, { state, mends });
      return [
        201,
        { id: connection, authorize_url: `${ORIGIN}/oauth/callback?code=abc&state=${state}`, profile: null },
      ];
    },
  ],
  [
    "POST",
    "media",
    ({ json }) => {
      const isVideo = json.content_type.startsWith("video/");
      if (json.size > (isVideo ? 500_000_000 : 50_000_000)) throw new Refusal(422, "too_large", "size");
      const shape = {
        id: id(),
        state: "awaiting",
        reason: null,
        filename: json.filename,
        content_type: json.content_type,
        size: json.size,
        width: null,
        height: null,
        duration_s: null,
        url: null,
      };
      media.set(shape.id, { shape, bytes: null, looks: 0 });
      return [
        201,
        {
          media: shape,
          upload: {
            method: "PUT",
            url: `${ORIGIN}/api/mock-files/${shape.id}`,
            headers: { "Content-Type": json.content_type },
            expires_at: iso(Date.now() + HOUR),
          },
        },
      ];
    },
  ],
  [
    "GET",
    "media/:id",
    ({ params }) => {
      const one = found(media.get(params.id));
      if (one.shape.state === "awaiting" && one.bytes && ++one.looks > 1) {
        const image = one.bytes
          .subarray(0, 4)
          .toString("hex")
          .match(/^(89504e47|ffd8ff|52494646|47494638)/);
        const video = one.bytes.subarray(4, 8).toString() === "ftyp";
        Object.assign(
          one.shape,
          image || video
            ? {
                state: "ready",
                width: 800,
                height: 600,
                duration_s: video ? 4 : null,
                url: `/api/mock-files/${one.shape.id}`,
              }
            : { state: "refused", reason: "not_an_image" },
        );
      }
      return [200, one.shape];
    },
  ],
  ["GET", "campaigns", () => [200, page(campaigns)]],
  [
    "POST",
    "campaigns",
    ({ json, who }) => {
      const made = { id: id(), version: 1, owner: who, ...json };
      campaigns.push(made);
      return [201, made];
    },
  ],
  [
    "PATCH",
    "campaigns/:id",
    ({ params, json, request }) => {
      const one = found(campaigns.find((candidate) => candidate.id === params.id));
      current(request, one.version);
      return [200, Object.assign(one, json, { version: one.version + 1 })];
    },
  ],
  ["GET", "posts", () => [200, page([...posts.values()].filter((post) => post.state === "draft").map(summary))]],
  [
    "POST",
    "posts",
    ({ json, who }) => {
      const post = {
        id: id(),
        version: 1,
        state: "draft",
        due_at: null,
        zone: ZONE,
        author: who,
        created_at: iso(Date.now()),
        updated_at: iso(Date.now()),
        deliveries: [],
        ...neverReviewed,
        ...json,
      };
      posts.set(post.id, post);
      note(post, Date.now(), "post.created", {}, who);
      return [201, post];
    },
  ],
  ["GET", "posts/:id", ({ params }) => [200, found(posts.get(params.id))]],
  [
    "PATCH",
    "posts/:id",
    ({ params, json, request, who }) => {
      const post = found(posts.get(params.id));
      current(request, post.version);
      for (const key of contentKeys) post[key] = json[key];
      post.content_version += 1;
      Object.assign(post, { version: post.version + 1, updated_at: iso(Date.now()) });
      note(post, Date.now(), "post.changed", {}, who);
      return [200, post];
    },
  ],
  [
    "DELETE",
    "posts/:id",
    ({ params, request }) => {
      current(request, found(posts.get(params.id)).version);
      posts.delete(params.id);
      return [204, null];
    },
  ],
  [
    "POST",
    "posts/:id/schedule",
    ({ params, json, request, who }) => {
      const post = found(posts.get(params.id));
      current(request, post.version);
      plan(post, json, who);
      return [200, post];
    },
  ],
  [
    "POST",
    "posts/:id/cancellation",
    ({ params, request, who }) => {
      const post = found(posts.get(params.id));
      current(request, post.version);
      for (const one of post.deliveries) if (["queued", "held"].includes(one.state)) one.state = "cancelled";
      Object.assign(post, { state: "cancelled", version: post.version + 1 });
      note(post, Date.now(), "post.cancelled", {}, who);
      return [200, post];
    },
  ],
  ["GET", "posts/:id/deliveries", ({ params }) => [200, page(found(posts.get(params.id)).deliveries)]],
  ["GET", "posts/:id/history", ({ params }) => [200, page(histories.get(params.id) ?? [])]],
  ["POST", "checks", ({ json }) => [200, { items: check(json) }]],
  ["GET", "deliveries", () => [200, page(waiting())]],
  [
    "POST",
    "deliveries/:id/:act",
    ({ params, json, who }) => {
      const post = found(
        [...posts.values()].find((candidate) => candidate.deliveries.some((one) => one.id === params.id)),
      );
      const one = post.deliveries.find((candidate) => candidate.id === params.id);
      if (one.state === "publishing") throw new Refusal(409, "already_leaving");
      if (params.act === "release") {
        note(post, Date.now(), "delivery.released", {}, who, one.profile);
        Object.assign(one, { due_at: iso(Date.now()), reason: null });
        leave(post, one);
      } else if (params.act === "reschedule") {
        Object.assign(one, {
          state: "queued",
          reason: null,
          due_at: iso(instantOf(json)),
          next_at: iso(instantOf(json)),
        });
        note(post, Date.now(), "delivery.rescheduled", { due_at: one.due_at }, who, one.profile);
      } else if (params.act === "cancellation") {
        Object.assign(one, { state: "cancelled", reason: null });
        note(post, Date.now(), "delivery.cancelled", {}, who, one.profile);
      } else {
        Object.assign(
          one,
          json.published
            ? { state: "published", published_at: one.due_at, url: json.url, reason: null }
            : { state: "failed", reason: { code: "absent", detail: null } },
        );
        note(post, Date.now(), "delivery.resolved", { published: json.published }, who, one.profile);
      }
      return [200, one];
    },
  ],
  [
    "GET",
    "calendar",
    ({ query }) => {
      const [from, to] = [Date.parse(query.get("from")), Date.parse(query.get("to"))];
      return [
        200,
        page(
          [...posts.values()]
            .filter((post) => {
              const times = [post.due_at, ...post.deliveries.map((one) => one.due_at)].filter(Boolean).map(Date.parse);
              return (
                times.some((at) => at >= from && at < to) &&
                (!query.get("profile") || post.targets.includes(query.get("profile"))) &&
                (!query.get("campaign") || post.campaign === query.get("campaign")) &&
                (!query.get("department") || post.department === query.get("department")) &&
                (!query.get("state") || post.state === query.get("state"))
              );
            })
            .map(summary),
        ),
      ];
    },
  ],
  ["GET", "pauses", () => [200, page(pauses)]],
  [
    "POST",
    "pauses",
    async ({ json, who }) => {
      if (pauses.some((pause) => JSON.stringify(pause.scope) === JSON.stringify(json.scope)))
        throw new Refusal(409, "already_paused");
      const pause = { id: id(), scope: json.scope, reason: json.reason, by: who, begun_at: iso(Date.now()) };
      pauses.push(pause);
      await new Promise((resolve) => setTimeout(resolve, 1_100));
      return [201, { ...pause, acknowledged_at: iso(Date.now()), calls_begun: 2 }];
    },
  ],
  [
    "DELETE",
    "pauses/:id",
    ({ params }) => {
      const index = pauses.findIndex((pause) => pause.id === params.id);
      found(pauses[index]);
      pauses.splice(index, 1);
      return [200, { held: waiting().filter((one) => one.reason?.code === "paused").length }];
    },
  ],
  [
    "GET",
    "health",
    () => [
      200,
      {
        status: "ok",
        looked_at: iso(Date.now()),
        sweep_behind_s: 1,
        overdue: 0,
        oldest_overdue_s: null,
        broken_profiles: 1,
        dead_letters: 0,
      },
    ],
  ],
  ...inboxRoutes({ start, empty: EMPTY, iso, page, found, current, Refusal, people, profiles }),
  ...approvalsRoutes({
    start,
    empty: EMPTY,
    iso,
    page,
    found,
    current,
    Refusal,
    people,
    posts,
    note,
    plant,
    picture: evening,
  }),
  ...reportsRoutes({ start, empty: EMPTY, iso, page, found, Refusal, media }),
  ...agendaRoutes({ start, empty: EMPTY, iso, page, found, Refusal }),
].map(([method, pattern, handle]) => ({
  method,
  handle,
  test: new RegExp(`^${pattern.replace(/:(\w+)/g, "(?<$1>[^/]+)")}$`),
}));
const PUBLIC = new Set(["session", "session/refresh", "health"]);

async function answer(request, response, url) {
  const path = url.pathname.slice("/api/".length);
  if (path.startsWith("mock-files/")) {
    const one = found(media.get(path.slice("mock-files/".length)));
    if (request.method === "PUT") {
      one.bytes = await body(request);
      response.writeHead(200).end();
    } else response.writeHead(200, { "Content-Type": one.shape.content_type }).end(one.bytes);
    return;
  }
  const route = routes.find((candidate) => candidate.method === request.method && candidate.test.test(path));
  if (!route) throw new Refusal(404, "not_found");
  const me = people[tokens.get(request.headers.authorization?.replace("Bearer ", ""))];
  if (!me && !PUBLIC.has(path) && !path.startsWith("review/")) throw new Refusal(401, "unauthenticated");
  const raw = await body(request);
  const json = raw.length > 0 ? JSON.parse(raw.toString()) : {};
  const key = request.headers["idempotency-key"];
  const before = key && created.get(key);
  const [status, shape, headers] =
    before ??
    (await route.handle({
      request,
      me,
      who: me && { id: me.id, name: me.name },
      json,
      query: url.searchParams,
      params: route.test.exec(path).groups ?? {},
    }));
  if (key) created.set(key, [status, shape, headers]);
  response.writeHead(status, { "Content-Type": "application/json", ...headers });
  response.end(status === 204 ? undefined : JSON.stringify(shape));
}

const TYPES = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".css": "text/css",
  ".svg": "image/svg+xml",
  ".woff2": "font/woff2",
};
async function file(response, path) {
  const wanted = normalize(path).replace(/^(\.\.[/\\])+/, "");
  const name = extname(wanted) ? wanted : "/index.html";
  try {
    const bytes = await readFile(join(DIST, name));
    response
      .writeHead(200, {
        "Content-Type": TYPES[extname(name)] ?? "application/octet-stream",
        "Content-Security-Policy": CSP,
        "X-Content-Type-Options": "nosniff",
      })
      .end(bytes);
  } catch {
    response.writeHead(404).end();
  }
}

const server = createServer((request, response) => {
  const url = new URL(request.url, ORIGIN);
  if (url.pathname === "/push.json" || url.pathname === "/push/tokens") {
    const shape =
      url.pathname === "/push.json" ? { kind: "practice", tokens: "/push/tokens" } : { token: randomUUID() };
    response.writeHead(200, { "Content-Type": "application/json" }).end(JSON.stringify(shape));
    return;
  }
  const work = url.pathname.startsWith("/api/") ? answer(request, response, url) : file(response, url.pathname);
  work.catch((error) => {
    const refusal = error instanceof Refusal ? error : new Refusal(500, "internal_error");
    if (!(error instanceof Refusal)) console.error(error);
    response.writeHead(refusal.status, { "Content-Type": "application/json" });
    response.end(JSON.stringify({ error: { code: refusal.code, field: refusal.field, hint: null } }));
  });
});
server.listen(PORT, "127.0.0.1", () => {
  ORIGIN = `http://127.0.0.1:${server.address().port}`;
  console.log(`${ORIGIN}  claire, marc, lea, nadia or sam@valmont.example, password valmont`);
});
