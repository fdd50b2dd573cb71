import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { api } from "./client";
import type {
  Campaign,
  Definition,
  Delivery,
  Difference,
  HistoryEvent,
  NetworkCapabilities,
  Page,
  Pause,
  Person,
  Post,
  PostSummary,
  Profile,
  Report,
  ReportSummary,
  Review,
  ShareLink,
  Workflow,
} from "./types";

/** Filters of the calendar as the API takes them; undefined means all. */
export type CalendarFilters = {
  profile?: string | undefined;
  campaign?: string | undefined;
  department?: string | undefined;
  state?: string | undefined;
};

const MINUTE = 60_000;

/** Whether a delivery is leaving or about to: its page then looks again every two seconds. */
export function inMotion(delivery: Delivery, now: number): boolean {
  if (delivery.state === "publishing") return true;
  return delivery.state === "queued" && Date.parse(delivery.next_at ?? delivery.due_at) - now < 2 * MINUTE;
}

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
};
