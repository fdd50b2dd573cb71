"""What the schedules and queues of app.py set off: unpack the event, call one use-case, count what came of it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from functools import partial
from typing import Any, TypeVar
from urllib.parse import unquote_plus

from aws_lambda_powertools.metrics import MetricUnit
from pydantic import BaseModel, ValidationError

from chalicelib.aws import clients
from chalicelib.aws.sqs_batch import Malformed, side_by_side
from chalicelib.networks.contract import CardLimits, Limits
from chalicelib.observability import logger, metrics
from chalicelib.wiring import House

Records = Sequence[Mapping[str, Any]]
M = TypeVar("M", bound=BaseModel)

_DETECT_FOR = timedelta(seconds=45)
"""Of the minute that the function is given."""


def sweep(house: House) -> dict[str, Any]:
    from chalicelib.publishing import arming
    from chalicelib.publishing.bookkeeping import give_up

    swept = arming.sweep(store=house.store, queue=house.queue, clock=house.clock)
    for delivery in swept.given_up:
        give_up(delivery, house.desk)
    said = {
        "armed": swept.armed,
        "resent": swept.resent,
        "given_up": len(swept.given_up),
        "behind_s": round(swept.behind.total_seconds(), 1),
    }
    metrics.add_metric(name="SweepBehind", unit=MetricUnit.Seconds, value=swept.behind.total_seconds())
    logger.info("swept", extra=said)
    return said


def watch(house: House) -> dict[str, Any]:
    from chalicelib.alerts.watch import look
    from chalicelib.aws.dead_letters import count_dead_letters

    urls = house.settings.dead_letter_queues.split()
    seen = look(
        store=house.store,
        topic=house.topic,
        dead_letters=partial(count_dead_letters, clients.sqs(), urls),
        now=house.clock.now(),
    )
    said = {
        "overdue": seen.overdue,
        "dead_letters": seen.dead_letters,
        "broken_profiles": seen.broken_profiles,
        "untold": seen.untold,
    }
    for name, value in said.items():
        metrics.add_metric(name=name, unit=MetricUnit.Count, value=value)
    logger.info("looked", extra=said)
    return said


def publish(records: Records, house: House) -> dict[str, Any]:
    from chalicelib.publishing.delivering import briefs, deliver
    from chalicelib.publishing.message import DeliveryDue

    messages: dict[str, DeliveryDue] = {}
    for record in records:
        with suppress(ValidationError):
            messages[record["messageId"]] = DeliveryDue.model_validate_json(record["body"])
    known = dict(zip(messages, briefs(list(messages.values()), house.desk), strict=True))

    def one(record: Mapping[str, Any]) -> str:
        message_id = record["messageId"]
        if message_id not in messages:
            raise Malformed("not a delivery that is due")
        return deliver(messages[message_id], house.desk, known[message_id])

    return side_by_side(records, one, sqs=clients.sqs(), queue_url=house.settings.queue_publish)


def media(records: Records, house: House) -> dict[str, Any]:
    from chalicelib.media.judging import judge_file
    from chalicelib.media.making import make_renditions
    from chalicelib.media.uploading import Workshop, judge_upload
    from chalicelib.networks.registry import NETWORKS

    def limits() -> Iterator[Limits | CardLimits]:
        for name in NETWORKS:
            able = house.network_named(name).capabilities()
            if able.publishes:
                yield able.limits
            if able.card_limits is not None:
                yield able.card_limits

    workshop = Workshop(judge_file, make_renditions, limits, house.store, house.bucket)

    def one(record: Mapping[str, Any]) -> str:
        try:
            notice = json.loads(record["body"])
            if notice.get("Event") == "s3:TestEvent":  # S3 sends one when the notification is set up
                return "test"
            keys = [unquote_plus(record["s3"]["object"]["key"]) for record in notice["Records"]]
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise Malformed(type(error).__name__) from None
        return " ".join(judge_upload(key, workshop) for key in keys)

    return side_by_side(records, one, sqs=clients.sqs(), queue_url=house.settings.queue_media)


# ---------------------------------------------------------------- inbox


def listen(house: House) -> dict[str, Any]:
    from chalicelib.inbox import polling

    asked = polling.listen(store=house.store, queue=house.poll_queue, network_named=house.network_named)
    logger.info("listening", extra={"asked": asked})
    return {"asked": asked}


def poll(records: Records, house: House) -> dict[str, Any]:
    from chalicelib.inbox import polling

    def one(record: Mapping[str, Any]) -> str:
        return polling.poll(_parsed(polling.Ask, record), desk=house.desk, queue=house.poll_queue)

    return side_by_side(records, one, sqs=clients.sqs(), queue_url=house.settings.queue_poll)


def ingest(records: Records, house: House) -> dict[str, Any]:
    from chalicelib.inbox.pushed import NotReadable, Push, take_push
    from chalicelib.networks.registry import parse_push
    from chalicelib.profiles.account import profiles_of_account

    def one(record: Mapping[str, Any]) -> str:
        try:
            push = Push.model_validate_json(record["body"])
            came = take_push(
                push, parse=parse_push, profiles_of=profiles_of_account, desk=house.desk, queue=house.poll_queue
            )
        except (ValidationError, NotReadable) as error:
            raise Malformed(getattr(error, "code", "not a push")) from None
        if came.strangers:
            logger.info("unknown account", extra={"network": push.network, "count": came.strangers})
            metrics.add_metric(name="UnknownAccounts", unit=MetricUnit.Count, value=came.strangers)
        return str(came.taken)

    return side_by_side(records, one, sqs=clients.sqs(), queue_url=house.settings.queue_ingest)


# ---------------------------------------------------------------- alerts


def detect(house: House) -> dict[str, Any]:
    from chalicelib.alerts import detecting

    done = detecting.detect(house.lookout, until=house.clock.now() + _DETECT_FOR)
    said = {
        "judged": done.judged,
        "raised": len(done.raised),
        "grown": len(done.grown),
        "failed": len(done.failed),
        "unfinished": done.unfinished,
        "handed_over": done.handed_over,
    }
    for name in ("raised", "failed", "unfinished"):
        metrics.add_metric(name=f"Detect{name.title()}", unit=MetricUnit.Count, value=said[name])
    for alert in done.raised + done.grown:
        logger.info("alert", extra={"alert": alert.id, "count": alert.count, "grown": alert.escalated_at is not None})
    for what, error in done.failed:
        logger.error("not judged", extra={"what": what, "error": error})
    logger.info("detected", extra=said)
    return said


def tell(records: Records, house: House) -> dict[str, Any]:
    from chalicelib.alerts.sending import TellingWaits, carry_out

    def one(record: Mapping[str, Any]) -> str:
        return carry_out(_parsed(TellingWaits, record), house.office)

    return side_by_side(records, one, sqs=clients.sqs(), queue_url=house.settings.queue_tell)


# ---------------------------------------------------------------- reports


def gauge(house: House) -> dict[str, Any]:
    from chalicelib.reports.measuring import sweep_gauges

    swept = sweep_gauges(store=house.store, queue=house.measure_queue, clock=house.clock)
    said = {"new": swept.new, "handed_over": swept.handed_over, "accounts": swept.accounts}
    logger.info("gauged", extra=said)
    return said


def measure(records: Records, house: House) -> dict[str, Any]:
    from chalicelib.publishing.bookkeeping import break_profile
    from chalicelib.reports.measuring import Due
    from chalicelib.reports.measuring import measure as measure_one

    def one(record: Mapping[str, Any]) -> str:
        return measure_one(
            _parsed(Due, record),
            store=house.store,
            vault=house.vault,
            clock=house.clock,
            network_named=house.network_named,
            broken=lambda profile, code: break_profile(profile, code, house.desk),
        )

    return side_by_side(records, one, sqs=clients.sqs(), queue_url=house.settings.queue_measure)


def report(records: Records, house: House) -> dict[str, Any]:
    from chalicelib.reports.asking import ToBuild, as_json, build, give_up
    from chalicelib.reports.csv_document import as_csv
    from chalicelib.reports.pdf_document import as_pdf
    from chalicelib.team.people import Agency

    def one(record: Mapping[str, Any]) -> str:
        message = _parsed(ToBuild, record)
        agency = house.store.get(Agency, Agency.key_of(message.agency))
        name = agency.name if agency else message.agency
        documents = {
            "csv": as_csv,
            "pdf": lambda report, figures: as_pdf(report, figures, agency=name, now=house.clock.now()),
            "json": as_json,
        }
        try:
            return build(message, store=house.store, bucket=house.reports, documents=documents, clock=house.clock)
        except Exception:
            if int(record.get("attributes", {}).get("ApproximateReceiveCount", 1)) >= LAST_RECEIVE:
                give_up(message, store=house.store, clock=house.clock)
            raise

    return side_by_side(records, one, sqs=clients.sqs(), queue_url=house.settings.queue_report)


LAST_RECEIVE = 3
"""As the queue's maxReceiveCount (infra/resources/queues.json; a test compares them)."""


def _parsed(model: type[M], record: Mapping[str, Any]) -> M:
    """Raises Malformed for a body that is not such a message."""
    try:
        return model.model_validate_json(record["body"])
    except ValidationError as error:
        raise Malformed(f"{model.__name__}: {error.error_count()} errors") from None
