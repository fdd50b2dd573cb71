"""/api/webhooks: what networks tell us by themselves."""

from __future__ import annotations

from aws_lambda_powertools.metrics import MetricUnit

from chalicelib.api.routing import Call, Reply
from chalicelib.inbox import webhook
from chalicelib.observability import metrics


def get_webhook(call: Call) -> Reply:
    """A network asks whether this address is ours: Meta's challenge (hub.*), X's (crc_token)."""
    proof = webhook.prove(call.path["network"], call.query, apps=call.house.network_apps)
    return Reply(200, proof.body, {"Content-Type": proof.content_type, "Cache-Control": "no-store"})


def post_webhook(call: Call) -> Reply:
    """Something reached a profile: the signature over the raw body is checked, and the push queued."""
    taken = webhook.take_in(
        call.path["network"],
        call.sent,
        call.raw,
        apps=call.house.network_apps,
        queue=call.house.ingest_queue,
        store=call.house.store,
        now=call.house.clock.now(),
    )
    for name, count in (
        ("PushesTaken", int(taken.accounts > 0)),
        ("PushesOfNoConnector", int(not taken.kept)),
        ("PushedAccountsUnknown", taken.strangers),
        ("PushedChangesOversize", taken.oversize),
    ):
        if count:
            metrics.add_metric(name=name, unit=MetricUnit.Count, value=count)
    return Reply(200, "")
