// The stand-in's events and public holidays, and what people choose about them.
import { randomUUID } from "node:crypto";

const DAY = 86_400_000;

export function agendaRoutes({ start, empty, iso, page, found, Refusal }) {
  const by = { id: "p-claire", name: "Claire Fontaine" };
  const day = (offset) => iso(start + offset * DAY).slice(0, 10);
  const none = {
    note: "",
    department: null,
    starts_on: null,
    ends_on: null,
    starts_at: null,
    ends_at: null,
    zone: null,
  };
  const event = (title, more) => ({ ...none, id: randomUUID(), title, by, version: 0, ...more });
  const events = empty
    ? []
    : [
        event("Marché de Noël, place Haute", { starts_on: day(1), ends_on: day(5), note: "Montage dès 6 h." }),
        event("Conseil municipal", { starts_at: iso(start + DAY + 10 * 3_600_000), zone: "Europe/Paris" }),
        event("Rue Haute fermée à la circulation pour la réfection du réseau d’eau", { starts_on: day(1) }),
        event("Visite de l’inspectrice", { starts_on: day(-6), department: "dep-pol" }),
      ];
  const holidays = empty
    ? []
    : [day(1), day(8)].map((each, index) => ({ day: each, name: ["Armistice", "Noël"][index] }));
  const agency = { id: "valmont", name: "Valmont", zone: "Europe/Paris", country: null, subdivision: null };
  let settings = { ...agency, country_shown: "FR", version: 0 };
  const keys = [];
  const days = (query) => [query.get("from"), query.get("to")];
  const one = (params) => found(events.find((each) => each.id === params.id));
  return [
    [
      "GET",
      "events",
      ({ query }) => {
        const [from, to] = days(query);
        const [first, last] = [(each) => (each.starts_on ?? each.starts_at).slice(0, 10), (each) => each.ends_on];
        return [200, page(events.filter((each) => first(each) < to && (last(each) ?? first(each)) >= from))];
      },
    ],
    [
      "POST",
      "events",
      ({ json }) => {
        const made = event(json.title, json);
        events.push(made);
        return [201, made];
      },
    ],
    ["PATCH", "events/:id", ({ params, json }) => [200, Object.assign(one(params), none, json)]],
    [
      "DELETE",
      "events/:id",
      ({ params }) => {
        events.splice(events.indexOf(one(params)), 1);
        return [204, null];
      },
    ],
    [
      "GET",
      "calendar/holidays",
      ({ query }) => {
        const [from, to] = days(query);
        return [200, page(holidays.filter((each) => each.day >= from && each.day < to))];
      },
    ],
    ["GET", "calendar/countries", () => [200, page(["CA", "FR", "BE"].map((code) => ({ code })))]],
    ["GET", "calendar/subdivisions", () => [200, page([{ code: "QC", name: "Quebec" }])]],
    ["GET", "agency", () => [200, settings]],
    [
      "PATCH",
      "agency",
      ({ json }) => {
        settings = { ...settings, ...json, country_shown: json.country ?? "FR", version: settings.version + 1 };
        return [200, settings];
      },
    ],
    ["GET", "me/feed-keys", () => [200, page(keys)]],
    [
      "POST",
      "me/feed-keys",
      ({ json }) => {
        if (keys.length >= 10) throw new Refusal(409, "too_many_feed_keys");
        const made = { id: randomUUID(), name: json.name, made_at: iso(Date.now()), used_at: null };
        keys.push(made);
        return [201, { ...made, address: `https://parvis.example/api/calendar.ics?key=${"x".repeat(43)}` }];
      },
    ],
    [
      "DELETE",
      "me/feed-keys/:id",
      ({ params }) => {
        keys.splice(keys.indexOf(found(keys.find((each) => each.id === params.id))), 1);
        return [204, null];
      },
    ],
  ];
}
