"""All routes on one page: what may be asked, by whom. A handler is loaded when its first request comes.

act: what the person must be allowed to do somewhere ("read" where nothing is said); public: nobody need be signed in;
versioned: If-Match is required; creates: Idempotency-Key is honoured; before_enrolment: also for who must have a second
factor and has none yet.
"""

from __future__ import annotations

from chalicelib.api.routing import Route

_CONVERSATIONS = ("state", "assignee", "tag", "profile", "cursor")
_WEBHOOK = ("hub.mode", "hub.verify_token", "hub.challenge", "crc_token")
_CALENDAR = ("from", "to", "profile", "campaign", "department", "state")

ROUTES: tuple[Route, ...] = (
    # session
    Route("POST", "/api/session", "session.post_session", public=True),
    Route("POST", "/api/session/refresh", "session.post_refresh", public=True),
    Route("DELETE", "/api/session", "session.delete_session", public=True),
    Route("POST", "/api/session/challenge", "session.post_challenge", public=True),
    Route("POST", "/api/session/recovery", "session.post_recovery", public=True),
    Route("POST", "/api/session/reset", "session.post_reset", public=True),
    Route("POST", "/api/session/reset/completion", "session.post_reset_completion", public=True),
    Route("POST", "/api/session/invitation", "session.post_invitation_opening", public=True),
    Route("POST", "/api/session/invitation/acceptance", "session.post_acceptance", status=201, public=True),
    Route("GET", "/api/me", "session.get_me", before_enrolment=True),
    Route("PATCH", "/api/me", "session.patch_me", before_enrolment=True),
    # account
    Route("POST", "/api/me/password", "account.post_password"),
    Route("GET", "/api/me/second-factor", "account.get_second_factor"),
    Route("POST", "/api/me/second-factor", "account.post_second_factor", before_enrolment=True),
    Route(
        "POST",
        "/api/me/second-factor/verification",
        "account.post_second_factor_verification",
        before_enrolment=True,
    ),
    Route("POST", "/api/me/second-factor/removal", "account.post_second_factor_removal"),
    Route("POST", "/api/me/second-factor/recovery-codes", "account.post_recovery_codes"),
    Route("GET", "/api/me/sessions", "account.get_sessions"),
    Route("DELETE", "/api/me/sessions", "account.delete_other_sessions"),
    Route("DELETE", "/api/me/sessions/{id}", "account.delete_own_session"),
    Route("GET", "/api/me/feed-keys", "account.get_feed_keys"),
    Route("POST", "/api/me/feed-keys", "account.post_feed_key", status=201),
    Route("DELETE", "/api/me/feed-keys/{id}", "account.delete_feed_key"),
    # people
    Route("GET", "/api/departments", "people.get_departments"),
    Route("POST", "/api/departments", "people.post_department", act="administer", status=201, creates=True),
    Route("GET", "/api/people", "people.get_people", act="administer"),
    Route("PATCH", "/api/people/{id}", "people.patch_person", act="administer", versioned=True),
    Route("POST", "/api/people/{id}/deactivation", "people.post_deactivation", act="administer"),
    Route("POST", "/api/people/{id}/reactivation", "people.post_reactivation", act="administer"),
    Route("DELETE", "/api/people/{id}/sessions", "people.delete_person_sessions", act="administer"),
    Route("DELETE", "/api/people/{id}/second-factor", "people.delete_person_second_factor", act="administer"),
    Route("GET", "/api/invitations", "people.get_invitations", act="administer"),
    Route("POST", "/api/invitations", "people.post_invitation", act="administer", status=201, creates=True),
    Route("POST", "/api/invitations/{id}/sending", "people.post_invitation_sending", act="administer"),
    Route("DELETE", "/api/invitations/{id}", "people.delete_invitation", act="administer"),
    Route("GET", "/api/policy", "people.get_policy", act="administer"),
    Route("PUT", "/api/policy", "people.put_policy", act="administer", versioned=True),
    Route("GET", "/api/agency", "people.get_agency"),
    Route("PATCH", "/api/agency", "people.patch_agency", act="administer", versioned=True),
    # profiles
    Route("GET", "/api/networks", "profiles.get_networks"),
    Route("GET", "/api/profiles", "profiles.get_profiles"),
    Route("GET", "/api/profiles/{id}", "profiles.get_profile"),
    Route("PATCH", "/api/profiles/{id}", "profiles.patch_profile", act="administer", versioned=True),
    Route("DELETE", "/api/profiles/{id}", "profiles.delete_profile", act="administer", versioned=True),
    Route("POST", "/api/connections", "profiles.post_connection", act="administer", status=201, creates=True),
    Route(
        "POST", "/api/profiles/{id}/reconnect", "profiles.post_reconnect", act="administer", status=201, creates=True
    ),
    Route("POST", "/api/connections/{id}/code", "profiles.post_connection_code", act="administer", status=201),
    Route("POST", "/api/connections/{id}/choice", "profiles.post_connection_choice", act="administer", status=201),
    # media
    Route("POST", "/api/media", "media.post_media", act="write", status=201, creates=True),
    Route("GET", "/api/media/{id}", "media.get_media"),
    # link cards
    Route("POST", "/api/link-cards", "link_cards.post_link_card", act="write", status=201, creates=True),
    # campaigns
    Route("GET", "/api/campaigns", "campaigns.get_campaigns"),
    Route("POST", "/api/campaigns", "campaigns.post_campaign", act="write", status=201, creates=True),
    Route("GET", "/api/campaigns/{id}", "campaigns.get_campaign"),
    Route("PATCH", "/api/campaigns/{id}", "campaigns.patch_campaign", act="write", versioned=True),
    # posts
    Route("GET", "/api/posts", "posts.get_posts", query=("cursor",)),
    Route("POST", "/api/posts", "posts.post_post", act="write", status=201, creates=True),
    Route("POST", "/api/posts/imports", "imports.post_import", act="write", body_max=5_500_000),
    Route("GET", "/api/posts/{id}", "posts.get_post"),
    Route("PATCH", "/api/posts/{id}", "posts.patch_post", act="write", versioned=True),
    Route("DELETE", "/api/posts/{id}", "posts.delete_post", act="write", versioned=True),
    Route("POST", "/api/posts/{id}/schedule", "posts.post_schedule", act="publish", versioned=True),
    Route("POST", "/api/posts/{id}/cancellation", "posts.post_cancellation", act="publish", versioned=True),
    Route("GET", "/api/posts/{id}/deliveries", "posts.get_deliveries"),
    Route("GET", "/api/posts/{id}/history", "posts.get_history", query=("cursor",)),
    Route("POST", "/api/checks", "posts.post_check", act="write"),
    Route("GET", "/api/calendar", "posts.get_calendar", query=_CALENDAR),
    # agenda
    Route("GET", "/api/calendar.ics", "agenda.get_feed", public=True, query=("key",)),
    Route("GET", "/api/calendar/holidays", "agenda.get_holidays", query=("from", "to")),
    Route("GET", "/api/calendar/countries", "agenda.get_countries"),
    Route("GET", "/api/calendar/subdivisions", "agenda.get_subdivisions", query=("country",)),
    Route("GET", "/api/events", "agenda.get_events", query=("from", "to")),
    Route("POST", "/api/events", "agenda.post_event", act="write", status=201, creates=True),
    Route("GET", "/api/events/{id}", "agenda.get_event"),
    Route("PATCH", "/api/events/{id}", "agenda.patch_event", act="write", versioned=True),
    Route("DELETE", "/api/events/{id}", "agenda.delete_event", act="write", versioned=True),
    # deliveries
    Route("GET", "/api/deliveries", "deliveries.get_waiting"),
    Route("POST", "/api/deliveries/{id}/release", "deliveries.post_release", act="publish"),
    Route("POST", "/api/deliveries/{id}/reschedule", "deliveries.post_reschedule", act="publish"),
    Route("POST", "/api/deliveries/{id}/cancellation", "deliveries.post_drop", act="publish"),
    Route("POST", "/api/deliveries/{id}/resolution", "deliveries.post_resolution", act="publish"),
    # approvals
    Route("GET", "/api/workflows", "approvals.get_workflows"),
    Route("POST", "/api/workflows", "approvals.post_workflow", act="administer", status=201, creates=True),
    Route("PATCH", "/api/workflows/{id}", "approvals.patch_workflow", act="administer", versioned=True),
    Route("GET", "/api/approvals", "approvals.get_approvals"),
    Route("POST", "/api/posts/{id}/submission", "approvals.post_submission", act="write", versioned=True),
    Route("GET", "/api/posts/{id}/review", "approvals.get_review"),
    Route("POST", "/api/posts/{id}/decisions", "approvals.post_decision", act="approve"),
    Route("POST", "/api/posts/{id}/withdrawal", "approvals.post_withdrawal", act="write", versioned=True),
    Route("GET", "/api/posts/{id}/versions", "approvals.get_versions"),
    Route("GET", "/api/posts/{id}/difference", "approvals.get_difference", query=("before", "after")),
    Route("GET", "/api/review/{token}", "review.get_external_review", public=True),
    Route("POST", "/api/review/{token}", "review.post_external_decision", public=True),
    # inbox
    Route("GET", "/api/conversations", "conversations.get_conversations", act="inbox", query=_CONVERSATIONS),
    Route("GET", "/api/conversations/{id}", "conversations.get_conversation", act="inbox"),
    Route("PATCH", "/api/conversations/{id}", "conversations.patch_conversation", act="respond", versioned=True),
    Route("PUT", "/api/conversations/{id}/presence", "conversations.put_presence", act="inbox"),
    Route("DELETE", "/api/conversations/{id}/presence", "conversations.delete_presence", act="inbox"),
    Route(
        "POST", "/api/conversations/{id}/replies", "conversations.post_reply", act="respond", status=201, creates=True
    ),
    Route("POST", "/api/conversations/{id}/moderation", "conversations.post_moderation", act="respond", status=201),
    Route("GET", "/api/keywords", "conversations.get_keywords", act="inbox"),
    Route("POST", "/api/keywords", "conversations.post_keyword", act="administer", status=201, creates=True),
    Route("DELETE", "/api/keywords/{id}", "conversations.delete_keyword", act="administer"),
    Route("GET", "/api/webhooks/{network}", "webhooks.get_webhook", public=True, query=_WEBHOOK),
    Route("POST", "/api/webhooks/{network}", "webhooks.post_webhook", public=True),
    # alerts
    Route("GET", "/api/alerts", "alerts.get_alerts", act="inbox", query=("cursor",)),
    Route("GET", "/api/alerts/{id}", "alerts.get_alert", act="inbox"),
    Route("POST", "/api/alerts/{id}/acknowledgement", "alerts.post_acknowledgement", act="inbox"),
    Route("GET", "/api/alert-rules", "alerts.get_alert_rules", act="inbox"),
    Route("PATCH", "/api/alert-rules/{id}", "alerts.patch_alert_rule", act="alert", versioned=True),
    Route("GET", "/api/me/notifications", "alerts.get_notifications"),
    Route("PUT", "/api/me/notifications", "alerts.put_notifications"),
    Route("POST", "/api/me/devices", "alerts.post_device", status=201, creates=True),
    Route("DELETE", "/api/me/devices/{id}", "alerts.delete_device"),
    # reports
    Route("GET", "/api/reports", "reports.get_reports", act="analyse", query=("cursor",)),
    Route("POST", "/api/reports", "reports.post_report", act="analyse", status=202, creates=True),
    Route("GET", "/api/reports/{id}", "reports.get_report", act="analyse"),
    Route("GET", "/api/reports/{id}/files/{format}", "reports.get_report_file", act="analyse"),
    Route("GET", "/api/share-links", "reports.get_share_links", act="analyse", query=("report",)),
    Route("POST", "/api/share-links", "reports.post_share_link", act="analyse", status=201, creates=True),
    Route("DELETE", "/api/share-links/{id}", "reports.delete_share_link", act="analyse"),
    Route("GET", "/api/shared/{token}", "reports.get_shared", public=True),
    Route("GET", "/api/definitions", "reports.get_definitions"),
    # audit
    Route("GET", "/api/audit", "audit.get_audit", act="administer", query=("day", "cursor")),
    # pauses
    Route("GET", "/api/pauses", "pauses.get_pauses"),
    Route("POST", "/api/pauses", "pauses.post_pause", act="pause", status=201, creates=True),
    Route("DELETE", "/api/pauses/{id}", "pauses.delete_pause", act="pause"),
    # health
    Route("GET", "/api/health", "health.get_health", public=True),
    # about
    Route("GET", "/api/openapi.json", "openapi.get_openapi", public=True),
)
