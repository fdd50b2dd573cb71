import { lazy } from "react";

const load = {
  calendar: () => import("./calendar/Calendar"),
  importing: () => import("./calendar/Import"),
  compose: () => import("./compose/Compose"),
  drafts: () => import("./Drafts"),
  attention: () => import("./attention/Attention"),
  campaigns: () => import("./Campaigns"),
  profiles: () => import("./profiles/Profiles"),
  post: () => import("./post/PostPage"),
  approvals: () => import("./approvals/Approvals"),
  workflows: () => import("./approvals/Workflows"),
  reports: () => import("./reports/Reports"),
  report: () => import("./reports/ReportPage"),
  callback: () => import("./profiles/OAuthCallback"),
  inbox: () => import("./inbox/Inbox"),
  keywords: () => import("./inbox/KeywordsDialog"),
  alerts: () => import("./alerts/Alerts"),
  alert: () => import("./alerts/AlertPage"),
  rule: () => import("./alerts/RuleDialog"),
  notifications: () => import("./notifications/Notifications"),
  people: () => import("./people/People"),
  security: () => import("./security/Security"),
  notFound: () => import("./NotFound"),
  pause: () => import("../shell/PauseDialog"),
  confirm: () => import("../ui/Confirm"),
  when: () => import("../when/When"),
  reschedule: () => import("../when/RescheduleDialog"),
};

export const Calendar = lazy(load.calendar);
export const Import = lazy(load.importing);
export const Compose = lazy(load.compose);
export const Drafts = lazy(load.drafts);
export const Attention = lazy(load.attention);
export const Campaigns = lazy(load.campaigns);
export const Profiles = lazy(load.profiles);
export const PostPage = lazy(load.post);
export const OAuthCallback = lazy(load.callback);
export const Approvals = lazy(load.approvals);
export const Workflows = lazy(load.workflows);
export const Reports = lazy(load.reports);
export const ReportPage = lazy(load.report);
export const Inbox = lazy(load.inbox);
export const KeywordsDialog = lazy(load.keywords);
export const Alerts = lazy(load.alerts);
export const AlertPage = lazy(load.alert);
export const RuleDialog = lazy(load.rule);
export const Notifications = lazy(load.notifications);
export const People = lazy(load.people);
export const Security = lazy(load.security);
export const NotFound = lazy(load.notFound);
export const RescheduleDialog = lazy(load.reschedule);
export const When = lazy(() => load.when().then((module) => ({ default: module.When })));
export const Confirm = lazy(() => load.confirm().then((module) => ({ default: module.Confirm })));
export const PauseDialog = lazy(load.pause);

const AFTER_START_MS = 1_500;

/** Fetches every screen once the first stands, so that each opens at once, the pause first, even if the line drops. */
export function fetchAhead(): () => void {
  const waiting = setTimeout(async () => {
    for (const one of [load.pause, load.compose, load.post, load.attention, load.when, ...Object.values(load)]) {
      await one().catch(() => undefined);
    }
  }, AFTER_START_MS);
  return () => clearTimeout(waiting);
}
