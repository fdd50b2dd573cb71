import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";
import { api } from "./client";
import type {
  AgencyEvent,
  AgencySettings,
  Alert,
  AlertRule,
  AlertSummary,
  Campaign,
  Conversation,
  ConversationSummary,
  Country,
  Definition,
  Delivery,
  Difference,
  FeedKey,
  HistoryEvent,
  Holiday,
  Invitation,
  Keyword,
  NetworkCapabilities,
  Notifications,
  Page,
  Pause,
  Person,
  Policy,
  Post,
  PostSummary,
  Profile,
  Report,
  ReportSummary,
  Review,
  SecondFactor,
  SessionShown,
  ShareLink,
  Subdivision,
  Workflow,
} from "./types";

/** Filters of the calendar as the API takes them; undefined means all. */
export type CalendarFilters = {
  profile?: string | undefined;
  campaign?: string | undefined;
  department?: string | undefined;
  state?: string | undefined;
};

/** Filters of the inbox as the API takes them. assignee: a person's id, or `none` for nobody's. */
export type InboxFilters = {
  state: "open" | "done";
  assignee?: string | undefined;
  profile?: string | undefined;
  tag?: string | undefined;
};

const MINUTE = 60_000;
const LIST_MS = 5_000;

/** Whether a delivery is leaving or about to: its page then looks again every two seconds. */
export function inMotion(delivery: Delivery, now: number): boolean {
  if (delivery.state === "publishing") return true;
  return delivery.state === "queued" && Date.parse(delivery.next_at ?? delivery.due_at) - now < 2 * MINUTE;
}

/** Every loaded page is asked for again, so that none goes stale; the more of them, the less often. */
const paged = <T>(path: string, every: number) => ({
  queryFn: ({ pageParam, signal }: { pageParam: string | null; signal: AbortSignal }) =>
    api.get<Page<T>>(
      pageParam ? `${path}${path.includes("?") ? "&" : "?"}cursor=${encodeURIComponent(pageParam)}` : path,
      signal,
    ),
  initialPageParam: null as string | null,
  getNextPageParam: (last: Page<T>) => last.next,
  refetchInterval: (query: { state: { data?: { pages: unknown[] } | undefined } }) =>
    every * Math.max(1, query.state.data?.pages.length ?? 1),
});

export const queries = {
  profiles: () =>
    queryOptions({
      queryKey: ["profiles"],
      queryFn: ({ signal }) => api.all<Profile>("/profiles", signal),
      staleTime: MINUTE,
    }),
  networks: () =>
    queryOptions({
      queryKey: ["networks"],
      queryFn: ({ signal }) => api.all<NetworkCapabilities>("/networks", signal),
      staleTime: 10 * MINUTE,
    }),
  campaigns: () =>
    queryOptions({
      queryKey: ["campaigns"],
      queryFn: ({ signal }) => api.all<Campaign>("/campaigns", signal),
      staleTime: MINUTE,
    }),
  drafts: () =>
    queryOptions({
      queryKey: ["posts", "drafts"],
      queryFn: ({ signal }) => api.all<PostSummary>("/posts?state=draft", signal),
    }),
  calendar: (from: string, to: string, filters: CalendarFilters) =>
    queryOptions({
      queryKey: ["posts", "calendar", from, to, filters],
      queryFn: ({ signal }) => {
        const query = new URLSearchParams({ from, to });
        for (const [name, value] of Object.entries(filters)) if (value) query.set(name, value);
        return api.all<PostSummary>(`/calendar?${query}`, signal);
      },
      refetchInterval: 15_000,
      placeholderData: keepPreviousData,
    }),
  /** from, to: days; what stands on the day `to` is not asked for. */
  events: (from: string, to: string) =>
    queryOptions({
      queryKey: ["events", from, to],
      queryFn: ({ signal }) => api.all<AgencyEvent>(`/events?from=${from}&to=${to}`, signal),
      refetchInterval: MINUTE,
      placeholderData: keepPreviousData,
    }),
  /** language: theirs who read; the names come in it. */
  holidays: (from: string, to: string, language: string) =>
    queryOptions({
      queryKey: ["holidays", from, to, language],
      queryFn: ({ signal }) => api.all<Holiday>(`/calendar/holidays?from=${from}&to=${to}`, signal),
      staleTime: 60 * MINUTE,
    }),
  agency: () =>
    queryOptions({ queryKey: ["agency"], queryFn: ({ signal }) => api.get<AgencySettings>("/agency", signal) }),
  countries: () =>
    queryOptions({
      queryKey: ["countries"],
      queryFn: ({ signal }) => api.all<Country>("/calendar/countries", signal),
      staleTime: Number.POSITIVE_INFINITY,
    }),
  subdivisions: (country: string) =>
    queryOptions({
      queryKey: ["subdivisions", country],
      queryFn: ({ signal }) => api.all<Subdivision>(`/calendar/subdivisions?country=${country}`, signal),
      staleTime: Number.POSITIVE_INFINITY,
    }),
  feedKeys: () =>
    queryOptions({
      queryKey: ["feed-keys"],
      queryFn: ({ signal }) => api.all<FeedKey>("/me/feed-keys", signal),
    }),
  post: (id: string) =>
    queryOptions({
      queryKey: ["posts", "one", id],
      queryFn: ({ signal }) => api.get<Post>(`/posts/${id}`, signal),
      refetchInterval: (query) =>
        query.state.data?.deliveries.some((delivery) => inMotion(delivery, Date.now())) ? 2_000 : 20_000,
    }),
  history: (id: string) =>
    queryOptions({
      queryKey: ["posts", "history", id],
      queryFn: ({ signal }) => api.all<HistoryEvent>(`/posts/${id}/history`, signal),
    }),
  workflows: () =>
    queryOptions({
      queryKey: ["workflows"],
      queryFn: ({ signal }) => api.all<Workflow>("/workflows", signal),
      staleTime: MINUTE,
    }),
  people: () =>
    queryOptions({
      queryKey: ["people"],
      queryFn: ({ signal }) => api.all<Person>("/people", signal),
      staleTime: MINUTE,
    }),
  invitations: () =>
    queryOptions({
      queryKey: ["invitations"],
      queryFn: ({ signal }) => api.all<Invitation>("/invitations", signal),
      refetchInterval: 15_000,
    }),
  policy: () => queryOptions({ queryKey: ["policy"], queryFn: ({ signal }) => api.get<Policy>("/policy", signal) }),
  secondFactor: () =>
    queryOptions({
      queryKey: ["second-factor"],
      queryFn: ({ signal }) => api.get<SecondFactor>("/me/second-factor", signal),
    }),
  sessions: () =>
    queryOptions({
      queryKey: ["sessions"],
      queryFn: ({ signal }) => api.all<SessionShown>("/me/sessions", signal),
      refetchInterval: 30_000,
    }),
  approvals: () =>
    queryOptions({
      queryKey: ["approvals"],
      queryFn: ({ signal }) => api.all<Review>("/approvals", signal),
      refetchInterval: 15_000,
    }),
  review: (post: string) =>
    queryOptions({
      queryKey: ["posts", "review", post],
      queryFn: ({ signal }) => api.get<Review>(`/posts/${post}/review`, signal),
      refetchInterval: 10_000,
    }),
  difference: (post: string, before: number, after: number) =>
    queryOptions({
      queryKey: ["posts", "difference", post, before, after],
      queryFn: ({ signal }) => api.get<Difference>(`/posts/${post}/difference?before=${before}&after=${after}`, signal),
      staleTime: Number.POSITIVE_INFINITY, // two versions never change
    }),
  reports: () =>
    queryOptions({
      queryKey: ["reports"],
      queryFn: ({ signal }) => api.all<ReportSummary>("/reports", signal),
      refetchInterval: (query) => (query.state.data?.some((report) => report.state === "building") ? 2_000 : MINUTE),
    }),
  report: (id: string) =>
    queryOptions({
      queryKey: ["reports", id],
      queryFn: ({ signal }) => api.get<Report>(`/reports/${id}`, signal),
      refetchInterval: (query) => (query.state.data?.state === "building" ? 2_000 : false),
    }),
  shareLinks: (report: string) =>
    queryOptions({
      queryKey: ["reports", report, "links"],
      queryFn: ({ signal }) => api.all<ShareLink>(`/share-links?report=${report}`, signal),
    }),
  definitions: () =>
    queryOptions({
      queryKey: ["definitions"],
      queryFn: ({ signal }) => api.all<Definition>("/definitions", signal),
      staleTime: 10 * MINUTE,
    }),
  attention: () =>
    queryOptions({
      queryKey: ["attention"],
      queryFn: ({ signal }) => api.all<Delivery>("/deliveries", signal),
      refetchInterval: 15_000,
    }),
  pauses: () =>
    queryOptions({
      queryKey: ["pauses"],
      queryFn: async ({ signal }) => (await api.get<Page<Pause>>("/pauses", signal)).items,
      refetchInterval: 4_000,
      staleTime: 2_000,
    }),
  conversations: (filters: InboxFilters) => {
    const query = new URLSearchParams();
    for (const [name, value] of Object.entries(filters)) if (value) query.set(name, value);
    return infiniteQueryOptions({
      queryKey: ["conversations", "list", filters],
      ...paged<ConversationSummary>(`/conversations?${query}`, LIST_MS),
      placeholderData: keepPreviousData,
    });
  },
  conversation: (id: string) =>
    queryOptions({
      queryKey: ["conversations", "one", id],
      queryFn: ({ signal }) => api.get<Conversation>(`/conversations/${id}`, signal),
      // Presence says when it changed; only an answer on its way is watched besides, and all of it now and then.
      refetchInterval: (query) =>
        query.state.data?.replies.some((reply) => reply.state === "queued" || reply.state === "publishing")
          ? 2_000
          : 30_000,
    }),
  keywords: () =>
    queryOptions({ queryKey: ["keywords"], queryFn: ({ signal }) => api.all<Keyword>("/keywords", signal) }),
  newestAlerts: () =>
    queryOptions({
      queryKey: ["alerts", "newest"],
      queryFn: async ({ signal }) => (await api.get<Page<AlertSummary>>("/alerts", signal)).items,
      refetchInterval: 10_000,
    }),
  alerts: () => infiniteQueryOptions({ queryKey: ["alerts", "list"], ...paged<AlertSummary>("/alerts", 10_000) }),
  alert: (id: string) =>
    queryOptions({
      queryKey: ["alerts", "one", id],
      queryFn: ({ signal }) => api.get<Alert>(`/alerts/${id}`, signal),
      refetchInterval: 10_000,
    }),
  alertRules: () =>
    queryOptions({ queryKey: ["alert-rules"], queryFn: ({ signal }) => api.all<AlertRule>("/alert-rules", signal) }),
  notifications: () =>
    queryOptions({
      queryKey: ["notifications"],
      queryFn: ({ signal }) => api.get<Notifications>("/me/notifications", signal),
      // The link in the confirming e-mail is opened elsewhere.
      refetchInterval: (query) => (query.state.data?.email_state === "to_confirm" ? 5_000 : MINUTE),
    }),
};
