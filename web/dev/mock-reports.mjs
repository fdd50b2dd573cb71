// The stand-in's reports: /reports/rp-posts (40 posts), rp-profiles, rp-nothing, rp-building (ready after some seconds),
// rp-failed, and whatever is asked for.
import { randomUUID } from "node:crypto";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const BUILT_AFTER_MS = 5_000;

const POST_COLUMNS = ["likes", "shares", "replies", "quotes", "interactions", "impressions", "interaction_rate"];
const PROFILE_COLUMNS = ["published", "interactions", "interactions_per_post", "followers", "followers_gained"];
const definition = (name, unit, applies_to, networks, formula = null) => ({
  name,
  unit,
  applies_to,
  networks,
  formula,
});
const POSTS = ["post_performance"];
const PROFILES = ["profile_performance"];
const BOTH = ["bluesky", "mastodon"];
const DEFINITIONS = [
  definition("published", "count", PROFILES, BOTH, "posts published in the period"),
  definition("likes", "count", POSTS, BOTH),
  definition("shares", "count", POSTS, BOTH),
  definition("replies", "count", POSTS, BOTH),
  definition("quotes", "count", POSTS, ["bluesky"]),
  definition("interactions", "count", [...POSTS, ...PROFILES], BOTH, "likes + shares + replies + quotes"),
  definition("impressions", "count", POSTS, []),
  definition("interaction_rate", "percent", POSTS, [], "100 x interactions / impressions"),
  definition("interactions_per_post", "decimal", PROFILES, BOTH, "interactions / published"),
  definition("followers", "count", PROFILES, BOTH),
  definition("followers_gained", "count", PROFILES, BOTH),
];
const TITLES = [
  "❄️ Vigilance orange neige-verglas mercredi de 6 h à 14 h.",
  "La patinoire ouvre samedi ! Entrée libre pour les moins de 12 ans, patins prêtés sur place, vin chaud servi par le comité des fêtes et navette gratuite depuis la gare toutes les vingt minutes jusqu’à 23 h",
  "<img src=x onerror=alert(1)> et <b>du gras</b> : un titre qui n’est que du texte",
  "\u202Etxet desrever\u202C : un titre qui retourne le sens de lecture",
  "مرحبا بكم في سوق عيد الميلاد، من الجمعة إلى الأحد",
  "https://valmont.example/vie-municipale/conseil/2026/11/24/compte-rendu-integral-de-la-seance-extraordinaire",
  "Conseil municipal jeudi à 18 h 30, ouvert au public",
  "",
];

export function reportsRoutes({ start, empty, iso, page, found, Refusal, media }) {
  const by = { id: "p-claire", name: "Claire Fontaine" };
  const day = (at) => iso(at).slice(0, 10);
  const profiles = [
    ["pr-bsky", "bluesky", "valmont.bsky.social"],
    ["pr-masto", "mastodon", "@valmont@social.valmont.example"],
    ["pr-eau", "mastodon", "@eau@social.valmont.example"],
  ];
  const rows = (names, of) => names.map((name) => ({ name, before: null, ...of(name) }));

  function postFigures(first, last) {
    const made = Array.from({ length: 40 }, (_, index) => {
      const [profile, network, handle] = profiles[index % 3];
      const likes = (index * 37) % 211;
      const [shares, replies] = [(index * 11) % 47, (index * 5) % 13];
      const quotes = network === "bluesky" ? index % 4 : null;
      const unread = index === 9; // no reading of it yet
      const given = {
        likes: unread ? null : likes,
        shares: unread ? null : shares,
        replies: unread ? null : replies,
        quotes: unread ? null : quotes,
        interactions: unread ? null : likes + shares + replies + (quotes ?? 0),
        impressions: null,
        interaction_rate: null,
      };
      const at = start - 7 * DAY + (index * 7 * DAY) / 40;
      return {
        id: `row-${index}`,
        label:
          index < TITLES.length
            ? TITLES[index]
            : `Publication ${index + 1} : travaux, collecte, horaires et rendez-vous de la semaine`,
        profile,
        network,
        handle,
        at: iso(at),
        url: index % 7 === 6 ? null : `https://example.org/${index}`,
        measures: rows(POST_COLUMNS, (name) => ({ value: given[name] })),
      };
    });
    const sum = (name) =>
      made.reduce((all, row) => all + (row.measures.find((each) => each.name === name).value ?? 0), 0);
    const before = { likes: 3_411, shares: 902, replies: 231, quotes: 24, interactions: 4_568, impressions: null };
    const days = new Map();
    for (const row of made) {
      const key = `${row.at.slice(0, 10)} ${row.profile}`;
      days.set(key, (days.get(key) ?? 0) + (row.measures.find((each) => each.name === "interactions").value ?? 0));
    }
    return {
      columns: POST_COLUMNS,
      totals: POST_COLUMNS.map((name) => ({
        name,
        value: ["impressions", "interaction_rate"].includes(name) ? null : sum(name),
        before: before[name] ?? null,
      })),
      rows: made,
      days: [...days].map(([key, value]) => ({
        day: key.slice(0, 10),
        profile: key.slice(11),
        measures: [{ name: "interactions", value, before: null }],
      })),
      measured_at: iso(start - 12 * 60_000),
      first,
      last,
    };
  }
  function profileFigures() {
    const figures = {
      "pr-bsky": [14, 3_240, 231.4, 18_412, 212],
      "pr-masto": [17, 1_105, 65, 7_031, -18],
      "pr-eau": [0, null, null, 912, null],
    };
    const days = Array.from({ length: 30 }, (_, index) => ({
      day: day(start - (29 - index) * DAY),
      profile: "pr-bsky",
      measures: [{ name: "interactions", value: index === 20 ? 940 : (index * 53) % 190, before: null }],
    }));
    return {
      columns: PROFILE_COLUMNS,
      totals: [
        { name: "published", value: 31, before: 28 },
        { name: "interactions", value: 4_345, before: 5_120 },
        { name: "interactions_per_post", value: 140.2, before: 182.9 },
        { name: "followers", value: 26_355, before: 26_161 },
        { name: "followers_gained", value: 194, before: null },
      ],
      rows: profiles.map(([profile, network, handle]) => ({
        id: profile,
        label: profile === "pr-eau" ? "Eau de Valmont" : "Ville de Valmont-sur-Loire",
        profile,
        network,
        handle,
        at: null,
        url: null,
        measures: PROFILE_COLUMNS.map((name, index) => ({ name, value: figures[profile][index], before: null })),
      })),
      days,
      measured_at: iso(start - 12 * 60_000),
    };
  }
  const nothing = () => ({
    columns: POST_COLUMNS,
    totals: POST_COLUMNS.map((name) => ({ name, value: null, before: null })),
    rows: [],
    days: [],
    measured_at: null,
  });
  const strip = ({ first: _, last: __, ...figures }) => figures;

  const report = (id, kind, days, state, more = {}) => ({
    id,
    kind,
    first: day(start - (days - 1) * DAY),
    last: day(start),
    zone: "Europe/Paris",
    language: "fr",
    profiles: profiles.map(([profile]) => profile),
    state,
    reason: null,
    asked_by: by,
    asked_at: iso(start - HOUR),
    ready_at: state === "ready" ? iso(start - HOUR + 9_000) : null,
    figures: null,
    ...more,
  });
  const reports = empty
    ? []
    : [
        report("rp-building", "post_performance", 1, "building", {
          builtAt: Date.now() + 60_000,
          asked_at: iso(start - 4_000),
        }),
        report("rp-posts", "post_performance", 7, "ready", { figures: strip(postFigures()) }),
        report("rp-profiles", "profile_performance", 30, "ready", {
          figures: profileFigures(),
          asked_at: iso(start - DAY),
        }),
        report("rp-nothing", "post_performance", 7, "ready", {
          figures: nothing(),
          profiles: ["pr-eau"],
          asked_at: iso(start - 2 * DAY),
        }),
        report("rp-failed", "profile_performance", 90, "failed", {
          reason: "too_many_attempts",
          asked_at: iso(start - 3 * DAY),
        }),
      ];
  const links = empty
    ? []
    : [
        { id: "rp-posts-1", days: 14, opened: 3, revoked: false },
        { id: "rp-posts-2", days: 1, opened: 0, revoked: true },
      ].map(({ id, days, opened, revoked }) => ({
        id,
        report: "rp-posts",
        format: "pdf",
        url: null,
        by,
        created_at: iso(start - HOUR),
        expires_at: iso(start + days * DAY),
        opened,
        revoked,
      }));

  const look = (one) => {
    if (one.state === "building" && Date.now() > one.builtAt)
      Object.assign(one, {
        state: "ready",
        ready_at: iso(Date.now()),
        figures: one.kind === "post_performance" ? strip(postFigures()) : profileFigures(),
      });
    const { builtAt: _, ...shape } = one;
    return shape;
  };
  const summary = (one) => {
    const { figures: _, ...shape } = look(one);
    return shape;
  };
  const named = (id) => found(reports.find((each) => each.id === id));
  media.set("report", {
    shape: { content_type: "application/pdf" },
    bytes: Buffer.from("%PDF-1.4\n%%EOF\n"),
    looks: 0,
  });

  return [
    ["GET", "definitions", () => [200, page(DEFINITIONS)]],
    ["GET", "reports", () => [200, page(reports.map(summary))]],
    [
      "POST",
      "reports",
      ({ json, who }) => {
        if (json.last < json.first) throw new Refusal(422, "period_invalid", "last");
        const made = report(`rp-${randomUUID().slice(0, 8)}`, json.kind, 1, "building", {
          ...json,
          profiles: json.profiles.length > 0 ? json.profiles : profiles.map(([profile]) => profile),
          asked_by: who,
          asked_at: iso(Date.now()),
          builtAt: Date.now() + BUILT_AFTER_MS,
        });
        reports.unshift(made);
        return [201, look(made)];
      },
    ],
    ["GET", "reports/:id", ({ params }) => [200, look(named(params.id))]],
    [
      "GET",
      "reports/:id/files/:format",
      ({ params }) => {
        if (named(params.id).state !== "ready") throw new Refusal(409, "report_not_ready");
        return [200, { url: "/api/mock-files/report", expires_at: iso(Date.now() + 60_000) }];
      },
    ],
    ["GET", "share-links", ({ query }) => [200, page(links.filter((each) => each.report === query.get("report")))]],
    [
      "POST",
      "share-links",
      ({ json, who }) => {
        const made = {
          id: `${json.report}-${links.length + 1}`,
          report: json.report,
          format: json.format,
          url: null,
          by: who,
          created_at: iso(Date.now()),
          expires_at: iso(Date.now() + json.days * DAY),
          opened: 0,
          revoked: false,
        };
        links.unshift(made);
        return [201, { ...made, url: `https://parvis.valmont.example/api/shared/${randomUUID()}${randomUUID()}` }];
      },
    ],
    [
      "DELETE",
      "share-links/:id",
      ({ params }) => {
        found(links.find((each) => each.id === params.id)).revoked = true;
        return [204, null];
      },
    ],
  ];
}
