"""Idempotency-Key: the same person sending the same request again gets the first answer, for a day."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from aws_lambda_powertools.utilities.idempotency import (
    DynamoDBPersistenceLayer,
    IdempotencyConfig,
    idempotent_function,
)
from aws_lambda_powertools.utilities.idempotency.exceptions import (
    IdempotencyAlreadyInProgressError,
    IdempotencyValidationError,
)

from chalicelib.api.routing import Reply, Route
from chalicelib.aws import clients
from chalicelib.entity import agency_key
from chalicelib.errors import Conflict, InvalidInput
from chalicelib.team.people import Person
from chalicelib.wiring import House

_KEY_MAX = 128
_DAY_S = 86_400


class _Requests:
    """Stands for Lambda's context: how long a request may still be under way. API Gateway gives up after 29 s."""

    @staticmethod
    def get_remaining_time_in_millis() -> int:
        return 29_000


@cache
def _layer(table: str, agency: str) -> DynamoDBPersistenceLayer:
    return DynamoDBPersistenceLayer(
        table_name=table,
        key_attr="pk",
        sort_key_attr="sk",
        static_pk_value=agency_key(agency, "IDEMPOTENCY"),
        expiry_attr="expires",
        boto3_client=clients.dynamodb(),
    )


def once(
    act: Callable[[], Reply],
    *,
    route: Route,
    path: Mapping[str, str],
    key: str,
    body: bytes,
    person: Person,
    house: House,
) -> Reply:
    """Raises Conflict busy while the first is under way, InvalidInput idempotency_key_reused for another body."""
    if not 1 <= len(key) <= _KEY_MAX:
        raise InvalidInput("invalid_input", f"1 to {_KEY_MAX} characters.", field="Idempotency-Key")

    def acted(*, asked: dict[str, str]) -> dict[str, Any]:
        reply = act()
        return {"status": reply.status, "body": reply.body, "headers": dict(reply.headers)}

    guarded = idempotent_function(
        acted,
        data_keyword_argument="asked",
        persistence_store=_layer(house.settings.table_state, person.agency),
        config=IdempotencyConfig(
            event_key_jmespath="key",
            payload_validation_jmespath="body",
            hash_function="sha256",
            expires_after_seconds=_DAY_S,
            raise_on_no_idempotency_key=True,
            # Without it a function that died within a request would leave its key busy for the whole day.
            lambda_context=_Requests(),  # type: ignore[arg-type]
        ),
        key_prefix="api",
    )
    place = route.path.format_map(path)
    try:
        kept = guarded(
            asked={"key": f"{person.id} {route.method} {place} {key}", "body": body.decode("utf-8", "replace")}
        )
    except IdempotencyAlreadyInProgressError as error:
        raise Conflict("busy", "The first request with this key is still under way.") from error
    except IdempotencyValidationError as error:
        raise InvalidInput("idempotency_key_reused", "This key was used with another body.") from error
    return Reply(kept["status"], kept["body"], kept["headers"])
