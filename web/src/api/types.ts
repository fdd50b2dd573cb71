import type { components } from "./schema";

type Schemas = components["schemas"];

/** A field with a default may be left out of a request but is always there in an answer. */
type Answered<T> = T extends (infer Item)[]
  ? Answered<Item>[]
  : T extends object
    ? { [Key in keyof T]-?: Answered<Exclude<T[Key], undefined>> }
    : T;

export type Page<T> = { items: T[]; next: string | null };

export type Session = Answered<Schemas["Session"]>;
export type Me = Answered<Schemas["Me"]>;
export type SignedIn = Answered<Schemas["SignedIn"]>;
export type Challenge = Answered<Schemas["Challenge"]>;
export type InvitationShown = Answered<Schemas["InvitationShown"]>;
export type SecondFactor = Answered<Schemas["SecondFactor"]>;
export type SecondFactorBegun = Answered<Schemas["SecondFactorBegun"]>;
export type RecoveryCodes = Answered<Schemas["RecoveryCodes"]>;
export type SessionShown = Answered<Schemas["SessionShown"]>;
export type Invitation = Answered<Schemas["Invitation"]>;
export type Policy = Answered<Schemas["Policy"]>;
export type Language = Me["language"];
export type Role = Me["roles"][number]["role"];
export type Person = Answered<Schemas["Person"]>;
export type Department = Answered<Schemas["Department"]>;

export type NetworkCapabilities = Answered<Schemas["NetworkCapabilities"]>;
export type Limits = Answered<Schemas["Limits"]>;
export type Profile = Answered<Schemas["Profile"]>;
export type Connection = Answered<Schemas["Connection"]>;
export type NewConnection = Schemas["NewConnection"];
export type Reconnection = Schemas["Reconnection"];

export type Media = Answered<Schemas["Media"]>;
export type MediaUpload = Answered<Schemas["MediaUpload"]>;
export type LinkCard = Answered<Schemas["LinkCard"]>;
export type Tracking = Answered<Schemas["Tracking"]>;
export type SuggestedCard = Answered<Schemas["SuggestedCard"]>;

export type Campaign = Answered<Schemas["Campaign"]>;
export type NewCampaign = Schemas["NewCampaign"];
export type CampaignChange = Schemas["CampaignChange"];

export type AgencyEvent = Answered<Schemas["AgencyEvent"]>;
export type NewAgencyEvent = Schemas["NewAgencyEvent"];
export type Holiday = Answered<Schemas["Holiday"]>;
export type Country = Answered<Schemas["Country"]>;
export type Subdivision = Answered<Schemas["Subdivision"]>;
export type AgencySettings = Answered<Schemas["AgencySettings"]>;
export type FeedKey = Answered<Schemas["FeedKey"]>;
export type FeedKeyMade = Answered<Schemas["FeedKeyMade"]>;

export type PostState = Post["state"];
export type DeliveryState = Delivery["state"];
export type Post = Answered<Schemas["Post"]>;
export type PostContent = Answered<Schemas["PostChange"]>;
export type PostSummary = Answered<Schemas["PostSummary"]>;
export type DeliverySummary = Answered<Schemas["DeliverySummary"]>;
export type Delivery = Answered<Schemas["Delivery"]>;
export type HistoryEvent = Answered<Schemas["HistoryEvent"]>;
export type Schedule = Schemas["Schedule"];
export type CheckResult = Answered<Schemas["CheckResult"]>;
export type ProfileCheck = Answered<Schemas["ProfileCheck"]>;
export type Warning = Answered<Schemas["Warning"]>;
export type Problem = Answered<Schemas["Problem"]>;

export type Workflow = Answered<Schemas["Workflow"]>;
export type NewWorkflow = Schemas["NewWorkflow"];
export type ApprovalStep = Answered<Schemas["ApprovalStep"]>;
export type Submission = Schemas["Submission"];
export type Review = Answered<Schemas["Review"]>;
export type Decided = Answered<Schemas["Decided"]>;
export type Difference = Answered<Schemas["Difference"]>;
export type ExternalReview = Answered<Schemas["ExternalReview"]>;
export type ExternalDecided = Answered<Schemas["ExternalDecided"]>;

export type Report = Answered<Schemas["Report"]>;
export type ReportSummary = Answered<Schemas["ReportSummary"]>;
export type ReportFigures = Answered<Schemas["ReportFigures"]>;
export type ReportRow = ReportFigures["rows"][number];
export type Measured = Answered<Schemas["Measured"]>;
export type NewReport = Schemas["NewReport"];
export type ReportFile = Answered<Schemas["ReportFile"]>;
export type ShareLink = Answered<Schemas["ShareLink"]>;
export type Definition = Answered<Schemas["Definition"]>;

export type Scope = Answered<Schemas["Scope"]>;
export type Pause = Answered<Schemas["Pause"]>;
export type PauseAcknowledged = Answered<Schemas["PauseAcknowledged"]>;
export type PauseEnded = Answered<Schemas["PauseEnded"]>;

export type Present = Answered<Schemas["Present"]>;
/** present: who is there, where the list of conversations says it (the open one always does). */
export type ConversationSummary = Answered<Schemas["ConversationSummary"]> & { present?: Present[] };
export type Conversation = Answered<Schemas["Conversation"]>;
export type ConversationChange = Schemas["ConversationChange"];
export type Citizen = Answered<Schemas["Citizen"]>;
export type Received = Answered<Schemas["Received"]>;
export type Answer = Answered<Schemas["Answer"]>;
export type Above = Answered<Schemas["Above"]>;
export type PresenceList = Answered<Schemas["PresenceList"]>;
export type Keyword = Answered<Schemas["Keyword"]>;

export type AlertSummary = Answered<Schemas["AlertSummary"]>;
export type Alert = Answered<Schemas["Alert"]>;
export type AlertRule = Answered<Schemas["AlertRule"]>;
export type AlertRuleChange = Answered<Schemas["AlertRuleChange"]>;
export type Notifications = Answered<Schemas["Notifications"]>;
export type Device = Answered<Schemas["Device"]>;

export type NewImport = Pick<Schemas["NewImport"], "file" | "department"> & Partial<Schemas["NewImport"]>;
export type Imported = Answered<Schemas["Imported"]>;
export type ImportedRow = Answered<Schemas["ImportedRow"]>;
export type RowProblem = Answered<Schemas["RowProblem"]>;
