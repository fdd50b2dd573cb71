// The inbox, the alerts and how one is told, for the stand-in of the API: citizens who write in two languages (and some
// who write oddly), colleagues who look, write and answer first, an alert that rings.
import { randomUUID } from "node:crypto";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const id = () => randomUUID().slice(0, 8);
const marc = { id: "p-marc", name: "Marc Delaunay" };
const lea = { id: "p-lea", name: "Léa Nguyen-Vasseur" };
const nadia = { id: "p-nadia", name: "Nadia Benali" };

export function inboxRoutes({ start, empty, iso, page, found, current, Refusal, people, profiles }) {
  const handles = Object.fromEntries(profiles.map((profile) => [profile.id, profile]));
  const citizen = (handle, name, followers = 120) => ({
    handle,
    name,
    url: `https://example.org/@${handle}`,
    avatar_url: null,
    followers,
  });
  const conversations = new Map();
  const presence = new Map(); // conversation -> Map(person -> {person, writing, since, until})

  function talk(
    cid,
    {
      profile = "pr-masto",
      kind = "mention",
      who,
      tags = [],
      assignee = null,
      state = "open",
      above = [],
      lines,
      ...more
    },
  ) {
    const there = handles[profile];
    const one = {
      id: cid,
      profile,
      network: there.network,
      department: there.department,
      citizen: who,
      state,
      assignee,
      tags,
      version: 1,
      above,
      messages: [],
      replies: [],
      can_reply: true,
      reply_limit: there.network === "bluesky" ? 300 : 500 - there.handle.length,
      earlier: false,
      ...more,
    };
    for (const [minutes, by, text, extra = {}] of lines) {
      const at = iso(start - minutes * MINUTE);
      if (by === "citizen" || typeof by === "object") {
        one.messages.push({
          id: `${cid}-m${one.messages.length}`,
          kind,
          author: by === "citizen" ? who : by,
          text,
          language: null,
          media: [],
          url: `https://example.org/${cid}`,
          written_at: at,
          received_at: at,
          edits: 0,
          before: null,
          ...extra,
        });
      } else {
        one.replies.push({
          id: `${cid}-r${one.replies.length}`,
          to: one.messages.at(-1).id,
          text,
          by: by === "lea" ? lea : marc,
          at,
          delivery: `d-${cid}-${one.replies.length}`,
          state: "published",
          reason: null,
          url: `https://example.org/${cid}/r`,
          ...extra,
        });
      }
    }
    conversations.set(cid, one);
    return one;
  }

  if (!empty) {
    const post = {
      author: citizen("valmont", "Ville de Valmont", 18_400),
      text: "❄️ Vigilance orange neige-verglas mercredi de 6 h à 14 h. Reportez vos déplacements. Point de situation : https://valmont.example/neige",
      written_at: iso(start - 26 * HOUR),
      url: "https://example.org/valmont/neige",
      ours: true,
      post: "neige",
    };
    talk("c-ecole", {
      who: citizen("sophie.martin@mastodon.example", "Sophie Martin", 86),
      kind: "reply",
      tags: ["écoles", "neige"],
      above: [post],
      lines: [
        [
          95,
          "citizen",
          "Bonjour, l’école Jean-Moulin est-elle ouverte demain matin ? Le site ne dit rien et le répondeur est plein.",
        ],
        [
          80,
          "marc",
          "Bonjour Sophie, oui, toutes les écoles ouvrent. La cantine est assurée ; le car 12 part avec vingt minutes de retard.",
        ],
        [
          12,
          "citizen",
          "Merci ! Et le périscolaire du soir ?",
          { edits: 1, before: "Merci ! Et la garderie du soire ?" },
        ],
      ],
    });
    talk("c-eau", {
      profile: "pr-eau",
      who: citizen("karim_b@social.example", "Karim", 41),
      tags: ["eau", "urgence"],
      assignee: lea,
      lines: [
        [
          34,
          "citizen",
          "Plus d’eau rue des Vignes depuis 40 min 😡 personne ne répond au téléphone. Vous comptez prévenir les gens ou pas ???",
          {
            media: [
              { kind: "image", url: "https://example.org/robinet.jpg", alt: "Un robinet ouvert, sans eau" },
              { kind: "image", url: "https://example.org/rue.jpg", alt: "" },
            ],
          },
        ],
        [31, "citizen", "Il y a une fuite énorme au croisement, l’eau coule dans la rue."],
      ],
    });
    talk("c-rtl", {
      profile: "pr-bsky",
      who: citizen("rtl.bsky.social", "Claire\u202e\u2069 gnoF", 3),
      kind: "mention",
      lines: [
        [55, "citizen", "Ceci est \u202e un test de renversement\u2069 et la suite ; ne doit rien déranger à côté."],
      ],
    });
    talk("c-html", {
      profile: "pr-bsky",
      who: citizen("script.bsky.social", "<b onmouseover=alert(1)>Robert</b>'); DROP TABLE--", 12),
      kind: "quote",
      lines: [
        [
          70,
          "citizen",
          "<script>alert('bonjour')</script> <img src=x onerror=alert(2)> Quand ouvre la déchetterie ? javascript:alert(3) https://valmont.example/déchets",
        ],
      ],
    });
    talk("c-arabe", {
      who: citizen("layla@mastodon.example", "ليلى حداد", 230),
      kind: "mention",
      tags: ["état civil"],
      lines: [
        [
          150,
          "citizen",
          "مرحبا، ما هي ساعات عمل مكتب الحالة المدنية هذا الأسبوع؟\nEst-ce ouvert samedi ? Merci !",
          { language: "ar" },
        ],
      ],
    });
    talk("c-long", {
      profile: "pr-bsky",
      who: citizen(
        "association-des-riverains-du-quartier-de-la-gare-et-des-berges.bsky.social",
        "Association des riverains du quartier de la Gare, des Berges et du Vieux-Port de Valmont-sur-Loire 🚂🌊🏘️",
        4_200,
      ),
      kind: "comment",
      tags: ["travaux", "gare", "concertation publique 2026-2030", "circulation"],
      assignee: { id: "p-claire", name: "Claire Fontaine" },
      earlier: true,
      lines: Array.from({ length: 16 }, (_, n) =>
        n % 3 === 2
          ? [3_000 - n * 60, n % 2 ? "lea" : "marc", "Nous transmettons au service des travaux et revenons vers vous."]
          : [
              3_000 - n * 60,
              "citizen",
              `Point ${n + 1} : le chantier commence à 6 h alors que l’arrêté dit 7 h 30. ${"Les riverains n’en peuvent plus. ".repeat((n % 4) + 1)}`,
            ],
      ),
    });
    talk("c-private", {
      profile: "pr-masto",
      who: citizen("anonyme@mastodon.example", "", 0),
      kind: "private",
      tags: ["social"],
      lines: [
        [
          220,
          "citizen",
          "Bonjour. Je dois quitter mon logement vendredi et je ne sais pas à qui m’adresser. Pouvez-vous m’aider ?",
        ],
      ],
    });
    talk("c-collision", {
      who: citizen("paul@mastodon.example", "Paul Lefèvre", 64),
      kind: "reply",
      above: [
        post,
        {
          ...post,
          author: citizen("meteo@social.example", "Météo locale", 9_000),
          ours: false,
          post: null,
          text: "15 cm attendus sur le plateau.",
        },
      ],
      lines: [[8, "citizen", "Le marché de samedi est-il maintenu ?"]],
    });
    talk("c-failed", {
      profile: "pr-bsky",
      who: citizen("emma.bsky.social", "Emma Wilson 🇬🇧", 510),
      kind: "mention",
      lines: [
        [
          400,
          "citizen",
          "Hi! Is there an English-language guide to the Christmas market? Coming over from Brighton on the 12th.",
          { language: "en" },
        ],
        [
          390,
          "lea",
          "Hello Emma! Yes: https://valmont.example/en/market. The market is open from 10 am to 8 pm.",
          {
            state: "failed",
            reason: { code: "content_refused", detail: "Record validation failed" },
            url: null,
          },
        ],
        [
          320,
          "marc",
          "Hello Emma! Yes, there is one on our site, under “Visit”.",
          {
            state: "held",
            reason: { code: "paused", detail: null },
            url: null,
          },
        ],
      ],
    });
    talk("c-closed", {
      profile: "pr-bsky",
      who: citizen("gone.bsky.social", "Compte Parti", 9),
      can_reply: false,
      lines: [[500, "citizen", "Quelqu’un sait pourquoi il y a un hélicoptère ?"]],
      kind: "keyword",
    });
    for (let n = 0; n < 30; n += 1) {
      const names = ["Julie Moreau", "Hugo Petit", "Fatou Diallo", "Tom Baker", "Inès Garcia", "Yanis Roux"];
      const words = [
        "Le bus 4 n’est pas passé ce matin, arrêt Mairie.",
        "Bravo aux équipes qui salent depuis 4 h du matin 👏",
        "Is the library open on Sunday?",
        "Trop de trottinettes sur le parvis, c’est dangereux pour les anciens.",
        "Lampadaire en panne devant le 14 rue Pasteur depuis une semaine.",
      ];
      talk(`c-many-${n}`, {
        profile: n % 2 ? "pr-bsky" : "pr-masto",
        who: citizen(`habitant${n}.example`, names[n % names.length], n * 7),
        kind: n % 4 === 0 ? "comment" : "mention",
        tags: n % 5 === 0 ? ["voirie"] : [],
        lines: [[560 + n * 90, "citizen", words[n % words.length]]],
      });
    }
    for (const cid of ["c-many-28", "c-many-29"]) conversations.get(cid).state = "done";
  }

  const lastOf = (one) =>
    [...one.messages.map((each) => each.written_at), ...one.replies.map((each) => each.at)].sort().at(-1);
  const waits = (one) => {
    const answered =
      one.replies
        .map((each) => each.at)
        .sort()
        .at(-1) ?? "";
    return one.state === "open" ? (one.messages.find((each) => each.written_at > answered)?.written_at ?? null) : null;
  };
  const summary = (one) => ({
    id: one.id,
    profile: one.profile,
    network: one.network,
    department: one.department,
    kind: one.messages.at(-1).kind,
    citizen: one.citizen,
    excerpt: one.messages.at(-1).text.slice(0, 160),
    state: one.state,
    assignee: one.assignee,
    tags: one.tags,
    last_at: lastOf(one),
    waiting_since: waits(one),
    answers: one.replies.length,
    version: one.version,
  });
  function others(cid, me) {
    const there = presence.get(cid) ?? new Map();
    return [...there.values()]
      .filter((one) => one.person.id !== me.id && one.until > Date.now())
      .map(({ person, writing, since }) => ({ person, writing, since }));
  }
  const full = (one, me) => ({
    ...summary(one),
    above: one.above,
    messages: one.messages,
    replies: one.replies,
    present: others(one.id, me),
    can_reply: one.can_reply,
    reply_limit: one.reply_limit,
    earlier: one.earlier,
  });
  function be(cid, person, writing, forMs = 6_000) {
    const there = presence.get(cid) ?? new Map();
    presence.set(cid, there);
    there.set(person.id, {
      person,
      writing,
      since: there.get(person.id)?.since ?? iso(Date.now()),
      until: Date.now() + forMs,
    });
  }
  function answer(one, by, text, to = one.messages.at(-1).id) {
    const reply = {
      id: `${one.id}-r${one.replies.length}`,
      to,
      text,
      by,
      at: iso(Date.now()),
      delivery: `d-${id()}`,
      state: "queued",
      reason: null,
      url: null,
    };
    one.replies.push(reply);
    one.version += 1;
    setTimeout(() => {
      reply.state = "publishing";
    }, 1_200).unref();
    setTimeout(() => {
      Object.assign(reply, { state: "published", url: "https://example.org/reply" });
      one.version += 1;
    }, 3_500).unref();
  }
  /** Colleagues who live their own life: by how long somebody has had the conversation open. */
  const opened = new Map();
  function meanwhile(one) {
    const since = opened.get(one.id) ?? Date.now();
    opened.set(one.id, since);
    const seconds = (Date.now() - since) / 1_000;
    if (one.id === "c-eau") {
      be(one.id, lea, seconds > 5);
      if (seconds > 2) be(one.id, nadia, false);
    }
    if (one.id === "c-collision" && seconds > 2 && one.replies.length === 0) be(one.id, marc, true);
    if (one.id === "c-ecole" && seconds > 6 && one.messages.length === 2) {
      one.messages.push({
        ...one.messages[1],
        id: "c-ecole-m2",
        text: "Je viens de voir : fermé à 17 h. C’est bien ça ?",
        written_at: iso(Date.now()),
        received_at: iso(Date.now()),
        edits: 0,
        before: null,
      });
      one.version += 1;
    }
  }

  const keywords = empty
    ? []
    : [
        { id: "k-1", words: "Valmont", profile: "pr-bsky", by: marc, created_at: iso(start - 400 * HOUR) },
        { id: "k-2", words: "tram de Valmont", profile: "pr-masto", by: lea, created_at: iso(start - 90 * HOUR) },
      ];

  const steps = (counts, until) =>
    counts.map((count, index) => ({ at: iso(until - (counts.length - index) * 10 * MINUTE), count }));
  const quiet = [1, 0, 2, 1, 1, 3, 0, 1, 2, 2, 1, 0, 1, 1, 2, 0, 1, 2];
  const alert = (aid, profile, minutes, { acknowledged = null, ...more }) => ({
    id: aid,
    kind: "spike",
    profile,
    network: handles[profile].network,
    handle: handles[profile].handle,
    department: handles[profile].department,
    raised_at: iso(start - minutes * MINUTE),
    escalated_at: null,
    acknowledged,
    version: 1,
    method: "seasonal",
    sensitivity: "medium",
    hourly_average: 5.2,
    ...more,
  });
  const alerts = empty
    ? []
    : [
        alert("a-eau", "pr-eau", 38, {
          count: 142,
          expected: 8.97,
          ratio: 15.83,
          escalated_at: iso(start - 14 * MINUTE),
          authors: 97,
          steps: steps([...quiet, 4, 9, 14, 26, 38, 51], start - 30 * MINUTE),
          terms: [
            ["eau", 88],
            ["fuite", 41],
            ["rue des Vignes", 33],
            ["#coupure", 19],
            ["<b>marron</b>", 12],
            ["\u202eenirutrof", 4],
          ].map(([word, messages]) => ({ word, messages })),
          posts: ["c-eau", "c-rtl", "c-html", "c-arabe"].map((cid) => {
            const one = conversations.get(cid);
            const message = one.messages.at(-1);
            return {
              conversation: cid,
              author: one.citizen,
              text: message.text,
              written_at: message.written_at,
              url: message.url,
            };
          }),
          told: [
            { person: nadia, channel: "push", state: "told", at: iso(start - 37 * MINUTE) },
            { person: nadia, channel: "email", state: "told", at: iso(start - 37 * MINUTE) },
            { person: { id: "p-claire", name: "Claire Fontaine" }, channel: "email", state: "waiting", at: null },
            { person: marc, channel: "push", state: "failed", at: iso(start - 36 * MINUTE) },
          ],
        }),
        alert("a-old", "pr-bsky", 3 * 24 * 60, {
          count: 44,
          expected: 11.4,
          ratio: 3.86,
          authors: 40,
          acknowledged: { by: nadia, at: iso(start - 3 * 24 * HOUR + 4 * MINUTE) },
          steps: steps([...quiet, 5, 6, 6, 8, 9, 10], start - 3 * 24 * HOUR),
          terms: [],
          posts: [],
          told: [],
        }),
        alert("a-older", "pr-masto", 12 * 24 * 60, {
          count: 6,
          expected: 0.4,
          ratio: 15,
          authors: 6,
          acknowledged: { by: lea, at: iso(start - 12 * 24 * HOUR + 40 * MINUTE) },
          steps: [],
          terms: [],
          posts: [],
          told: [],
        }),
      ];
  const short = ({ method, sensitivity, terms, posts, steps: _, authors, told, hourly_average, ...rest }) => rest;
  const rules = profiles.map((profile, index) => ({
    id: profile.id,
    profile: profile.id,
    method: index === 1 ? "hourly_average" : "seasonal",
    sensitivity: ["medium", "high", "low", "medium"][index],
    floor: 5,
    active: index !== 3,
    learned_hours: 412 - index * 100,
    version: 1,
  }));
  const told = new Map();
  const settings = (me) => {
    if (!told.has(me.id))
      told.set(me.id, { email: false, push: false, email_state: "off", push_available: true, devices: [], version: 1 });
    return told.get(me.id);
  };
  const listed = (items, query, size) => {
    const from = Number(query.get("cursor") ?? 0);
    return { items: items.slice(from, from + size), next: items.length > from + size ? String(from + size) : null };
  };

  return [
    [
      "GET",
      "people",
      () => [200, page(Object.values(people).map(({ agency: _, departments: __, ...person }) => person))],
    ],
    [
      "GET",
      "conversations",
      ({ query, me }) => {
        const assignee = query.get("assignee");
        const wanted = [...conversations.values()]
          .filter(
            (one) =>
              one.state === (query.get("state") ?? "open") &&
              (!assignee || (assignee === "none" ? one.assignee === null : one.assignee?.id === assignee)) &&
              (!query.get("profile") || one.profile === query.get("profile")) &&
              (!query.get("tag") || one.tags.includes(query.get("tag"))),
          )
          .map((one) => ({ ...summary(one), present: others(one.id, me) }))
          .sort((one, other) => other.last_at.localeCompare(one.last_at));
        return [200, listed(wanted, query, 25)];
      },
    ],
    ["GET", "conversations/:id", ({ params, me }) => [200, full(found(conversations.get(params.id)), me)]],
    [
      "PATCH",
      "conversations/:id",
      ({ params, json, request, me }) => {
        const one = found(conversations.get(params.id));
        current(request, one.version);
        if (json.state) one.state = json.state;
        if (json.tags) one.tags = json.tags;
        if ("assignee" in json && json.assignee !== "") {
          const person = Object.values(people).find((candidate) => candidate.id === json.assignee);
          one.assignee = json.assignee === null ? null : { id: person.id, name: person.name };
        }
        one.version += 1;
        return [200, full(one, me)];
      },
    ],
    [
      "PUT",
      "conversations/:id/presence",
      ({ params, json, me, who }) => {
        const one = found(conversations.get(params.id));
        be(one.id, who, json.writing);
        meanwhile(one);
        return [200, { present: others(one.id, me), version: one.version, answers: one.replies.length }];
      },
    ],
    [
      "DELETE",
      "conversations/:id/presence",
      ({ params, me }) => {
        presence.get(params.id)?.delete(me.id);
        // Each visit meets the same surprise.
        if (params.id === "c-collision") conversations.get(params.id).replies = [];
        opened.delete(params.id);
        return [204, null];
      },
    ],
    [
      "POST",
      "conversations/:id/replies",
      async ({ params, json, me, who }) => {
        const one = found(conversations.get(params.id));
        await new Promise((resolve) => setTimeout(resolve, 300));
        if (one.id === "c-collision" && one.replies.length === 0)
          answer(one, marc, "Bonjour Paul, oui, le marché de samedi est maintenu, sous la halle. Ouverture à 8 h.");
        if (json.answers_seen !== one.replies.length) throw new Refusal(409, "answered_meanwhile");
        answer(one, who, json.text, json.to);
        return [201, full(one, me)];
      },
    ],
    ["GET", "keywords", () => [200, page(keywords)]],
    [
      "POST",
      "keywords",
      ({ json, who }) => {
        if (keywords.some((one) => one.words === json.words)) throw new Refusal(409, "conflict");
        keywords.push({ ...json, id: id(), by: who, created_at: iso(Date.now()) });
        return [201, keywords.at(-1)];
      },
    ],
    [
      "DELETE",
      "keywords/:id",
      ({ params }) => {
        const at = keywords.findIndex((one) => one.id === params.id);
        found(keywords[at]);
        keywords.splice(at, 1);
        return [204, null];
      },
    ],
    ["GET", "alerts", ({ query }) => [200, listed(alerts.map(short), query, 20)]],
    ["GET", "alerts/:id", ({ params }) => [200, found(alerts.find((one) => one.id === params.id))]],
    [
      "POST",
      "alerts/:id/acknowledgement",
      ({ params, who }) => {
        const one = found(alerts.find((candidate) => candidate.id === params.id));
        one.acknowledged ??= { by: who, at: iso(Date.now()) };
        return [200, one];
      },
    ],
    ["GET", "alert-rules", () => [200, page(rules)]],
    [
      "PATCH",
      "alert-rules/:id",
      ({ params, json, request }) => {
        const one = found(rules.find((candidate) => candidate.id === params.id));
        current(request, one.version);
        return [200, Object.assign(one, json, { version: one.version + 1 })];
      },
    ],
    ["GET", "me/notifications", ({ me }) => [200, settings(me)]],
    [
      "PUT",
      "me/notifications",
      ({ me, json }) => {
        const mine = settings(me);
        if (json.email && !mine.email) {
          mine.email_state = "to_confirm";
          setTimeout(() => {
            if (mine.email) mine.email_state = "on";
          }, 60_000).unref();
        }
        if (!json.email) mine.email_state = "off";
        return [200, Object.assign(mine, { email: json.email, push: json.push, version: mine.version + 1 })];
      },
    ],
    [
      "POST",
      "me/devices",
      ({ me, json }) => {
        const device = { id: id(), name: json.name, added_at: iso(Date.now()) };
        settings(me).devices.push(device);
        return [201, device];
      },
    ],
    [
      "DELETE",
      "me/devices/:id",
      ({ me, params }) => {
        const mine = settings(me);
        mine.devices = mine.devices.filter((one) => one.id !== params.id);
        return [204, null];
      },
    ],
  ];
}
