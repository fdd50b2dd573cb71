// The stand-in's workflows, reviews and review links: a review in each state, and a link for each way it may end.
//   /review/ok  /review/first (no difference)  /review/old (changed while it is read)  /review/expired  /review/used
//   /review/overtaken  /review/revoked  /review/slow; any other is unknown
import { randomUUID } from "node:crypto";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
export const LAWYER = "lucie@valmont.example";

export function approvalsRoutes({
  start,
  empty,
  iso,
  page,
  found,
  current,
  Refusal,
  people,
  posts,
  note,
  plant,
  picture,
}) {
  const claire = people["claire@valmont.example"];
  const sam = { id: "p-sam", name: "Sam Okafor" };
  people[LAWYER] = {
    ...claire,
    id: "p-lucie",
    name: "Lucie Vasseur-Delacroix",
    email: LAWYER,
    language: "fr",
    roles: claire.departments.map((department) => ({ department: department.id, role: "approver" })),
  };
  const lucie = { id: "p-lucie", name: people[LAWYER].name };
  const outside = "cabinet.prefet@loire-atlantique.example";

  const legal = { name: "Service juridique", people: ["p-lucie"], roles: ["administrator"], emails: [], need: "any" };
  const prefecture = { name: "Préfecture", people: [], roles: [], emails: [outside], need: "all" };
  const chiefs = {
    name: "Direction et élus",
    people: ["p-lucie", "p-claire"],
    roles: [],
    emails: ["adjointe.securite@valmont.example"],
    need: "all",
  };
  const workflows = empty
    ? []
    : [
        {
          id: "w-pol",
          name: "Sécurité publique : juridique puis préfecture",
          department: "dep-pol",
          steps: [legal, prefecture],
          required: true,
          active: true,
          version: 1,
        },
        {
          id: "w-eau",
          name: "Relecture de l’eau",
          department: "dep-eau",
          steps: [{ ...chiefs, name: "Direction" }],
          required: false,
          active: true,
          version: 1,
        },
      ];

  const reviews = new Map(); // post id -> its latest review
  const differences = new Map(); // post id -> pieces against the version before
  const names = (step) => step.people.map((id) => Object.values(people).find((each) => each.id === id)?.name ?? id);
  const opened = (step, state) => ({
    ...step,
    state,
    names: names(step),
    waiting_for:
      state === "open" || state === "waiting"
        ? [
            ...names(step),
            ...step.emails,
            ...(step.roles.length > 0 && step.people.length === 0 ? ["Claire Fontaine"] : []),
          ]
        : [],
  });
  function review(post, steps, at, more = {}) {
    const one = {
      id: `r-${post.id}`,
      post: post.id,
      title: post.text.trim().split("\n")[0].slice(0, 120),
      department: post.department,
      state: "open",
      version: post.content_version,
      fingerprint: "f".repeat(64),
      step: at,
      steps: steps.map((step, index) => opened(step, index < at ? "approved" : index === at ? "open" : "waiting")),
      decisions: [],
      note: "",
      asked_by: sam,
      asked_at: iso(start - 5 * HOUR),
      due_at: post.due_at,
      zone: post.zone,
      reviewed_before: null,
      ...more,
    };
    reviews.set(post.id, one);
    if (one.state === "open" || one.state === "approved") post.review = one.id;
    return one;
  }
  function asked(text, due, state, more = {}) {
    const post = plant(text, due, more.targets ?? ["pr-bsky", "pr-masto"], state, { department: "dep-pol" });
    Object.assign(post, {
      author: more.author ?? sam,
      workflow: "w-pol",
      review_required: true,
      content_version: more.version ?? 1,
    });
    if (state === "draft" || due === null || due < start) post.deliveries = [];
    return post;
  }
  const decided = (step, by, decision, comment, at) => ({ step, by, decision, comment, at: iso(at) });
  const same = (text) => ({ op: "same", text });
  const added = (text) => ({ op: "added", text });
  const removed = (text) => ({ op: "removed", text });

  const changed = {
    before: 2,
    after: 4,
    texts: [
      {
        network: null,
        pieces: [
          same("Arrêté n° 2026-"),
          removed("117"),
          added("118"),
          same(" : la consommation d’alcool est interdite sur la place du Parvis, "),
          removed("tous les soirs. <b>Tolérance zéro</b> !"),
          added("du vendredi 27 novembre à 20 h au dimanche 29 novembre à 6 h. <script>alert(1)</script>"),
          same("\n\nTexte complet : https://valmont.example/arretes/2026-118"),
        ],
      },
      { network: "mastodon", pieces: [added("Arrêté n° 2026-118 : alcool interdit place du Parvis ce week-end.")] },
    ],
    media_added: ["m-1"],
    media_removed: [],
    alt_changed: ["m-2"],
    targets_added: ["pr-masto"],
    targets_removed: [],
  };

  if (!empty) {
    const first = asked(
      "Manifestation samedi : itinéraire, rues fermées et stationnement interdit de 12 h à 20 h autour de la place du Parvis, du quai des Tanneurs et du pont Anne-de-Bretagne",
      start + 2 * DAY,
      "in_review",
    );
    review(first, [legal, prefecture], 0, {
      note: "Itinéraire reçu ce matin de la préfecture. Merci de vérifier surtout la base légale de l’interdiction de stationner.",
    });

    const second = asked("Vidéoprotection : six caméras de plus, gare et quais", start + 3 * DAY, "in_review", {
      author: { id: claire.id, name: claire.name },
    });
    review(second, [legal, prefecture], 1, {
      asked_by: { id: claire.id, name: claire.name },
      decisions: [
        decided(0, lucie, "approve", "Conforme à l’autorisation préfectorale du 3 novembre.", start - 2 * HOUR),
      ],
    });

    const third = asked(
      "Arrêté n° 2026-118 : la consommation d’alcool est interdite sur la place du Parvis, du vendredi 27 novembre à 20 h au dimanche 29 novembre à 6 h. <script>alert(1)</script>\n\nTexte complet : https://valmont.example/arretes/2026-118",
      start - 3 * HOUR,
      "in_review",
      { version: 4 },
    );
    review(third, [legal, prefecture], 0, {
      reviewed_before: 2,
      decisions: [
        decided(
          0,
          { id: claire.id, name: claire.name },
          "send_back",
          "Le numéro d’arrêté est faux et « tous les soirs » n’est pas dans le texte.\nDonner les dates exactes.",
          start - 9 * HOUR,
        ),
      ],
    });
    differences.set(third.id, changed);

    const all = asked("Sans heure : recrutement de deux gardiens-brigadiers", null, "in_review");
    review(all, [chiefs], 0, { decisions: [decided(0, lucie, "approve", "", start - HOUR)] });
    reviews.get(all.id).steps[0].waiting_for = ["Claire Fontaine", "adjointe.securite@valmont.example"];
    all.collides = true; // its first decision finds a newer version

    const approved = asked("Opération tranquillité vacances : inscrivez-vous au poste", start + 6 * DAY, "approved");
    const good = review(approved, [legal, prefecture], 1, {
      state: "approved",
      decisions: [
        decided(0, lucie, "approve", "", start - 2 * DAY),
        decided(1, { id: null, name: outside }, "approve", "Vu, sans observation.", start - DAY),
      ],
    });
    good.steps[1] = { ...good.steps[1], state: "approved", waiting_for: [] };

    const back = asked("Fourrière : nouveaux horaires du guichet", null, "draft", { version: 2 });
    const sent = review(back, [legal, prefecture], 0, {
      state: "sent_back",
      version: 2,
      decisions: [
        decided(
          0,
          lucie,
          "send_back",
          "Préciser que la carte bancaire est acceptée, et retirer le nom de l’agent.\nLe tarif affiché est celui de l’an dernier.",
          start - 3 * HOUR,
        ),
      ],
    });
    sent.steps[0] = { ...sent.steps[0], state: "sent_back", waiting_for: [] };

    const voided = asked("Radar pédagogique avenue de la Loire", null, "draft", { version: 3 });
    review(voided, [legal, prefecture], 1, {
      state: "void",
      version: 2,
      decisions: [decided(0, lucie, "approve", "", start - 26 * HOUR)],
    });
    for (const one of reviews.values()) {
      const post = posts.get(one.post);
      note(post, Date.parse(one.asked_at), "post.submitted", {}, one.asked_by);
    }
  }

  const shown = (one, me) => {
    const own = one.asked_by.id === me.id || posts.get(one.post)?.author.id === me.id;
    const step = one.steps[one.step];
    const able =
      step?.people.includes(me.id) ||
      me.roles.some((held) => held.department === one.department && step?.roles.includes(held.role));
    const before = one.decisions.some(
      (each) => each.by.id === me.id && each.step === one.step && each.decision === "approve",
    );
    return { ...one, own, mine: one.state === "open" && !own && able && !before };
  };

  const used = new Map(); // token -> what was decided by it
  let changes = 0; // of what /review/old is about: one more with each attempt to decide
  const END = { expired: "link_expired", used: "link_used", overtaken: "link_overtaken", revoked: "link_revoked" };
  function external(token) {
    if (END[token]) throw new Refusal(410, END[token]);
    if (used.has(token)) throw new Refusal(410, "link_used");
    if (!["ok", "first", "old", "slow"].includes(token)) throw new Refusal(404, "not_found");
    const text =
      "Arrêté n° 2026-118 : la consommation d’alcool est interdite sur la place du Parvis, du vendredi 27 novembre à 20 h au dimanche 29 novembre à 6 h.\n\nTexte complet : https://valmont.example/arretes/2026-118 #Valmont";
    const preview = (network, network_name, handle, words, limit) => ({
      network,
      network_name,
      handle,
      display_name: "Ville de Valmont-sur-Loire",
      text: words,
      length: [...words].length,
      limit,
    });
    return {
      agency: "Ville de Valmont-sur-Loire",
      language: "fr",
      title: text.split("\n")[0],
      step_name: "Préfecture",
      email: outside,
      author: sam.name,
      note:
        token === "first"
          ? ""
          : "Version corrigée après vos remarques d’hier soir. Il nous faudrait votre accord avant jeudi midi.",
      version: token === "old" ? 4 + changes : 4,
      due_at: token === "first" ? null : iso(start + 2 * DAY),
      zone: "Europe/Paris",
      expires_at: iso(start + 5 * DAY),
      previews: [
        preview("bluesky", "Bluesky", "valmont.bsky.social", text, 300),
        preview(
          "mastodon",
          "Mastodon",
          "@valmont@social.valmont.example",
          token === "old" && changes > 0 ? `${text} (corrigé)` : text,
          500,
        ),
      ],
      media:
        token === "first"
          ? []
          : [
              {
                url: `/api/mock-files/${picture}`,
                content_type: "image/svg+xml",
                alt: "La place du Parvis, le soir, vue depuis les marches",
                width: 1200,
                height: 800,
              },
            ],
      decisions: token === "first" ? [] : [decided(0, lucie, "approve", "Base légale vérifiée.", start - 2 * HOUR)],
      difference: token === "first" ? null : { ...changed, targets_added: ["pr-masto"] },
    };
  }

  const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

  return [
    ["GET", "people", () => [200, page(Object.values(people).map(({ agency, departments, ...rest }) => rest))]],
    ["GET", "workflows", () => [200, page(workflows)]],
    [
      "POST",
      "workflows",
      ({ json }) => {
        if (workflows.some((each) => each.department === json.department)) throw new Refusal(409, "workflow_exists");
        const made = { ...json, id: `w-${randomUUID().slice(0, 8)}`, version: 1 };
        workflows.push(made);
        return [201, made];
      },
    ],
    [
      "PATCH",
      "workflows/:id",
      ({ params, json, request }) => {
        const one = found(workflows.find((each) => each.id === params.id));
        current(request, one.version);
        return [200, Object.assign(one, json, { version: one.version + 1 })];
      },
    ],
    [
      "GET",
      "approvals",
      ({ me }) => [
        200,
        page(
          [...reviews.values()]
            .filter((one) => one.state === "open")
            .sort((one, other) => (one.due_at ?? "9").localeCompare(other.due_at ?? "9"))
            .map((one) => shown(one, me)),
        ),
      ],
    ],
    ["GET", "posts/:id/review", ({ params, me }) => [200, shown(found(reviews.get(params.id)), me)]],
    [
      "GET",
      "posts/:id/difference",
      ({ params, query }) => {
        const [before, after] = [Number(query.get("before")), Number(query.get("after"))];
        const whole = differences.get(params.id);
        if (whole && before === 2) return [200, { ...whole, before, after }];
        const none = { media_added: [], media_removed: [], alt_changed: [], targets_added: [], targets_removed: [] };
        return [200, { before, after, texts: [{ network: null, pieces: [same(posts.get(params.id).text)] }], ...none }];
      },
    ],
    [
      "POST",
      "posts/:id/submission",
      ({ params, json, request, who }) => {
        const post = found(posts.get(params.id));
        current(request, post.version);
        const workflow = workflows.find((each) => each.department === post.department && each.active);
        if (!workflow) throw new Refusal(409, "no_workflow");
        Object.assign(post, { state: "in_review", version: post.version + 1, workflow: workflow.id });
        if (json.due_local) post.due_at = iso(Date.parse(`${json.due_local}Z`) - HOUR); // winter time in Paris
        review(post, workflow.steps, 0, { asked_by: who, asked_at: iso(Date.now()), note: json.note });
        note(post, Date.now(), "post.submitted", {}, who);
        return [200, post];
      },
    ],
    [
      "POST",
      "posts/:id/withdrawal",
      ({ params, request, who }) => {
        const post = found(posts.get(params.id));
        current(request, post.version);
        Object.assign(reviews.get(post.id), { state: "withdrawn" });
        Object.assign(post, { state: "draft", version: post.version + 1, review: null });
        note(post, Date.now(), "post.withdrawn", {}, who);
        return [200, post];
      },
    ],
    [
      "POST",
      "posts/:id/decisions",
      async ({ params, json, me, who }) => {
        const post = found(posts.get(params.id));
        const one = found(reviews.get(params.id));
        await wait(300);
        if (post.collides) {
          post.collides = false;
          post.content_version = one.version = one.version + 1;
          post.text += " (deux postes, et non trois)";
        }
        if (json.version !== one.version) throw new Refusal(409, "version_old");
        if (json.decision === "send_back" && !json.comment) throw new Refusal(422, "comment_required", "comment");
        one.decisions.push(decided(one.step, who, json.decision, json.comment, Date.now()));
        const step = one.steps[one.step];
        if (json.decision === "send_back") {
          Object.assign(one, { state: "sent_back" });
          Object.assign(step, { state: "sent_back", waiting_for: [] });
          Object.assign(post, { state: "draft", review: null, version: post.version + 1 });
        } else {
          step.waiting_for = step.waiting_for.filter((name) => name !== who.name);
          if (step.need === "any" || step.waiting_for.length === 0) {
            Object.assign(step, { state: "approved", waiting_for: [] });
            if (one.step + 1 < one.steps.length) one.steps[++one.step].state = "open";
            else {
              one.state = "approved";
              post.state = "approved";
            }
          }
        }
        return [200, shown(one, me)];
      },
    ],
    [
      "GET",
      "review/:token",
      async ({ params }) => {
        if (params.token === "slow") await wait(60_000);
        return [200, external(params.token)];
      },
    ],
    [
      "POST",
      "review/:token",
      async ({ params, json }) => {
        await wait(300);
        const shape = external(params.token);
        if (params.token === "old") {
          changes += 1;
          throw new Refusal(409, "version_old");
        }
        if (json.version !== shape.version) throw new Refusal(409, "version_old");
        if (json.decision === "send_back" && !json.comment) throw new Refusal(422, "comment_required", "comment");
        used.set(params.token, json.decision);
        return [200, { decision: json.decision, at: iso(Date.now()) }];
      },
    ],
  ];
}
