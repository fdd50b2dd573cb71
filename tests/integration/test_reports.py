"""A report on the local stack: asked for, built by its own function, read, downloaded, shared, ended."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
import requests
from pypdf import PdfReader

from chalicelib.wiring import House
from infra.local.stack import Stack
from tests.integration.client import Client, run_schedule, wait_for
from tests.integration.conftest import Agency


@pytest.fixture(scope="module")
def analyst(stack: Stack, agency: Agency) -> Client:
    return Client(stack.api_url).sign_in(agency.emails["analyst"], agency.password)


@pytest.fixture(scope="module")
def today() -> str:
    """By the agency's clock it may be yesterday."""
    from zoneinfo import ZoneInfo

    from infra.local.demo.staff import ZONE

    return datetime.now(UTC).astimezone(ZoneInfo(ZONE)).date().isoformat()


def built(analyst: Client, asked: Mapping[str, Any]) -> dict[str, Any]:
    made = analyst.ok("POST", "/api/reports", asked)

    def ready() -> dict[str, Any] | None:
        report: dict[str, Any] = analyst.ok("GET", f"/api/reports/{made['id']}")
        assert report["state"] != "failed", report
        return report if report["state"] == "ready" else None

    return wait_for(ready, 60, "the report to be built")


def download(analyst: Client, report: str, format: str) -> requests.Response:
    file = analyst.ok("GET", f"/api/reports/{report}/files/{format}")
    answer = requests.get(file["url"], timeout=20)
    answer.raise_for_status()
    return answer


def test_what_was_published_is_gauged_and_stands_in_every_form(
    stack: Stack, publisher: Client, analyst: Client, connected: dict[str, str], today: str
) -> None:
    post = publisher.draft("La patinoire ouvre samedi.", [connected["bluesky"]])
    publisher.schedule(post, now=True)
    wait_for(
        lambda: publisher.post(post["id"])["deliveries"][0]["state"] == "published", 60, "the post to be published"
    )
    run_schedule(stack, "Gauge")
    asked = {"kind": "post_performance", "first": today, "last": today, "language": "fr"}
    report = built(analyst, asked)
    [row] = [each for each in report["figures"]["rows"] if each["id"] == f"{post['id']}-{connected['bluesky']}"]
    assert row["label"] == "La patinoire ouvre samedi."
    pdf = download(analyst, report["id"], "pdf")
    assert pdf.headers["Content-Type"] == "application/pdf"
    assert pdf.headers["Content-Disposition"].startswith('attachment; filename="parvis-post-performance-')
    text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf.content)).pages)
    assert "La patinoire ouvre samedi." in " ".join(text.split())
    lines = list(
        csv.reader(io.StringIO(download(analyst, report["id"], "csv").content.decode("utf-8-sig")), delimiter=";")
    )
    assert [line[0] for line in lines[1:-1]] == [each["label"] for each in report["figures"]["rows"]]
    assert download(analyst, report["id"], "json").json()["figures"]["columns"] == report["figures"]["columns"]
    assert report["id"] in [each["id"] for each in analyst.ok("GET", "/api/reports")["items"]]


def test_a_period_with_nothing_in_it_is_built_too(analyst: Client, connected: dict[str, str]) -> None:
    report = built(
        analyst,
        {
            "kind": "profile_performance",
            "first": "2025-01-01",
            "last": "2025-01-31",
            "profiles": [connected["mastodon"]],
        },
    )
    totals = {each["name"]: each["value"] for each in report["figures"]["totals"]}
    assert totals["published"] == 0 and totals["interactions"] is None and totals["followers"] is None
    assert report["language"] == "en", "the reader's, when nothing is said"


def test_a_link_works_for_somebody_without_an_account_and_is_taken_back(
    stack: Stack,
    house: House,
    analyst: Client,
    nobody: Client,
    foreigner: Client,
    today: str,
    connected: dict[str, str],
) -> None:
    report = built(analyst, {"kind": "profile_performance", "first": today, "last": today})
    link = analyst.ok("POST", "/api/share-links", {"report": report["id"], "format": "pdf", "days": 3})
    path = link["url"].removeprefix(house.settings.site_url)
    opened = requests.get(stack.api_url + path, allow_redirects=False, timeout=20)
    assert opened.status_code == 303 and opened.headers["Cache-Control"] == "no-store"
    assert requests.get(opened.headers["Location"], timeout=20).content.startswith(b"%PDF")
    [listed] = analyst.ok("GET", f"/api/share-links?report={report['id']}")["items"]
    assert listed["opened"] == 1 and listed["url"] is None, "the token is shown once"
    assert foreigner.call("DELETE", f"/api/share-links/{link['id']}").status_code == 404
    assert analyst.call("DELETE", f"/api/share-links/{link['id']}").status_code == 204
    gone = requests.get(stack.api_url + path, allow_redirects=False, timeout=20)
    assert gone.status_code == 410 and gone.json()["error"]["code"] == "link_revoked"
    assert nobody.call("GET", path[:-1] + "x").status_code == 404


def test_others_reports_do_not_exist(
    analyst: Client, foreigner: Client, contributor: Client, connected: dict[str, str], today: str
) -> None:
    report = built(analyst, {"kind": "post_performance", "first": today, "last": today})
    for path in (f"/api/reports/{report['id']}", f"/api/reports/{report['id']}/files/pdf"):
        assert foreigner.call("GET", path).status_code == 404
        assert contributor.call("GET", path).status_code == 403
    assert analyst.call("GET", f"/api/reports/{report['id']}/files/exe").status_code == 404
    refused = analyst.call(
        "POST", "/api/reports", {"kind": "post_performance", "first": "2026-02-01", "last": "2026-01-01"}
    )
    assert (refused.status_code, refused.json()["error"]["code"]) == (422, "period_invalid")


def test_an_unreadable_message_lies_dead_and_a_report_that_is_not_there_is_void(stack: Stack) -> None:
    sqs, url = stack.client("sqs"), stack.outputs["ReportQueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="{}")
    sqs.send_message(QueueUrl=url, MessageBody='{"v":1,"agency":"rivemont","report":"none"}')
    dead = sqs.get_queue_url(QueueName="parvis-local-report-dead-letters")["QueueUrl"]

    def lying() -> list[dict[str, Any]]:
        return list(sqs.receive_message(QueueUrl=dead, WaitTimeSeconds=1).get("Messages", []))

    [message] = wait_for(lying, 60, "the unreadable message among the dead letters")
    assert message["Body"] == "{}"
    sqs.delete_message(QueueUrl=dead, ReceiptHandle=message["ReceiptHandle"])


def test_the_audit_tells_the_day_in_order(
    administrator: Client, contributor: Client, foreigner: Client, analyst: Client
) -> None:
    day = datetime.now(UTC).date().isoformat()
    events = administrator.ok("GET", f"/api/audit?day={day}")["items"]
    assert events == sorted(events, key=lambda each: each["at"])
    assert {"agency.founded", "person.taken_in"} <= {each["kind"] for each in events}
    assert contributor.call("GET", f"/api/audit?day={day}").status_code == 403
    refused = administrator.call("GET", "/api/audit?day=yesterday")
    assert (refused.status_code, refused.json()["error"]["field"]) == (422, "day")
    theirs = foreigner.ok("GET", f"/api/audit?day={day}")["items"]
    founded = [[each["detail"]["name"] for each in day if each["kind"] == "agency.founded"] for day in (events, theirs)]
    assert founded == [["Ville de Rivemont"], ["Ville voisine"]]
