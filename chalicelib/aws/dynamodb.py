"""The store on DynamoDB: four tables, every write conditional, no scans.

Sources: DynamoDB Developer Guide (2026): TransactWriteItems takes 100 items, BatchGetItem 100 keys and may return
some unprocessed, a page of Query holds 1 MB.
"""

from __future__ import annotations

import base64
import json
import random
import time
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeVar

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from botocore.exceptions import ClientError

from chalicelib.entity import Entity
from chalicelib.errors import InvalidInput, Upstream
from chalicelib.store import Key, Lost

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

E = TypeVar("E", bound=Entity)

_SORT_KEYS = {
    None: ("pk", "sk"),
    "due": ("due_pk", "due_sk"),
    "calendar": ("cal_pk", "cal_sk"),
    "outbox": ("out_pk", "out_sk"),
    "thread": ("conv_pk", "conv_sk"),
    "views": ("view_pk", "view_sk"),
}
_BATCH_GET = 100
_BATCH_GET_TRIES = 6
_Place = tuple[str, str, str]
"""Table, pk, sk."""


class DynamoDBStore:
    """client: a low-level client (safe across threads). names: logical table -> the table's name."""

    def __init__(self, client: DynamoDBClient, names: Mapping[str, str]) -> None:
        self._client = client
        self._names = dict(names)
        self._to = TypeSerializer().serialize
        self._from = TypeDeserializer().deserialize

    # ------------------------------------------------------------ reading

    def get(self, kind: type[E], key: Key, *, consistent: bool = True) -> E | None:
        answer = self._client.get_item(
            TableName=self._names[kind.TABLE], Key=self._encode(key), ConsistentRead=consistent
        )
        return kind.of(self._decode(answer["Item"])) if "Item" in answer else None

    def get_many(self, wanted: Sequence[tuple[type[Entity], Key]], *, consistent: bool = True) -> list[Entity | None]:
        places = [(self._names[kind.TABLE], key["pk"], key["sk"]) for kind, key in wanted]
        asked, found = list(dict.fromkeys(places)), dict[_Place, dict[str, Any]]()
        for start in range(0, len(asked), _BATCH_GET):
            found |= self._batch_get(asked[start : start + _BATCH_GET], consistent)
        return [
            kind.of(found[place]) if place in found else None for (kind, _), place in zip(wanted, places, strict=True)
        ]

    def _batch_get(self, places: Sequence[_Place], consistent: bool) -> dict[_Place, dict[str, Any]]:
        asked: dict[str, Any] = {}
        for name, pk, sk in places:
            keys = asked.setdefault(name, {"Keys": [], "ConsistentRead": consistent})["Keys"]
            keys.append(self._encode({"pk": pk, "sk": sk}))
        found: dict[_Place, dict[str, Any]] = {}
        for attempt in range(_BATCH_GET_TRIES):
            answer = self._client.batch_get_item(RequestItems=asked)
            for name, items in answer.get("Responses", {}).items():
                for raw in items:
                    item = self._decode(raw)
                    found[name, item["pk"], item["sk"]] = item
            asked = answer.get("UnprocessedKeys") or {}
            if not asked:
                return found
            time.sleep(random.uniform(0, 0.05 * 2**attempt))  # noqa: S311 - jitter, not a secret
        raise Upstream("store_throttled", "The table did not answer for every key in time.")

    def query(
        self, kind: type[E], pk: str, *, begins: str = "", reverse: bool = False, consistent: bool = False
    ) -> Iterator[E]:
        cursor: str | None = None
        between = (begins, begins + "\U0010ffff") if begins else None
        while True:
            items, cursor = self.rows(
                kind.TABLE, pk, between=between, reverse=reverse, consistent=consistent, cursor=cursor
            )
            yield from (kind.of(item) for item in items)
            if cursor is None:
                return

    def rows(
        self,
        table: str,
        pk: str,
        *,
        index: str | None = None,
        between: tuple[str, str] | None = None,
        reverse: bool = False,
        consistent: bool = False,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> tuple[list[dict[str, Any]], str | None]:
        pk_name, sk_name = _SORT_KEYS[index]
        condition = "#p = :p"
        names, values = {"#p": pk_name}, {":p": pk}
        if between is not None:
            condition += " AND #s BETWEEN :a AND :b"
            names["#s"] = sk_name
            values |= {":a": between[0], ":b": between[1]}
        more: dict[str, Any] = {}
        if index is not None:
            more["IndexName"] = index
        else:
            more["ConsistentRead"] = consistent
        if limit is not None:
            more["Limit"] = limit
        if cursor is not None:
            more["ExclusiveStartKey"] = self._encode(_opened(cursor, {"pk", "sk", pk_name, sk_name}, pk_name, pk))
        try:
            answer = self._client.query(
                TableName=self._names[table],
                KeyConditionExpression=condition,
                ExpressionAttributeNames=names,
                ExpressionAttributeValues=self._encode(values),
                ScanIndexForward=not reverse,
                **more,
            )
        except ClientError as error:
            if cursor is not None and error.response["Error"]["Code"] == "ValidationException":
                raise _not_our_cursor() from error  # the right keys, but no place in this list
            raise
        last = answer.get("LastEvaluatedKey")
        return [self._decode(item) for item in answer["Items"]], _closed(self._decode(last)) if last else None

    # ------------------------------------------------------------ writing

    def save(self, entity: Entity) -> None:
        try:
            self._client.put_item(**self._put(entity))
        except ClientError as error:
            _raise_lost(error)
            raise

    def remove(self, entity: Entity) -> None:
        try:
            self._client.delete_item(**self._delete(entity))
        except ClientError as error:
            _raise_lost(error)
            raise

    def commit(self, *saves: Entity, removes: Sequence[Entity] = ()) -> None:
        steps: list[Any] = [{"Put": self._put(entity)} for entity in saves]
        steps += [{"Delete": self._delete(entity)} for entity in removes]
        if len(steps) == 1:
            return self.save(saves[0]) if saves else self.remove(removes[0])
        try:
            self._client.transact_write_items(TransactItems=steps)
        except ClientError as error:
            _raise_lost(error)
            raise
        return None

    def _put(self, entity: Entity) -> dict[str, Any]:
        put: dict[str, Any] = {"TableName": self._names[entity.TABLE], "Item": self._encode(entity.item())}
        return put | self._condition(entity, entity.rev - 1)

    def _delete(self, entity: Entity) -> dict[str, Any]:
        delete = {"TableName": self._names[entity.TABLE], "Key": self._encode(entity.key())}
        return delete | self._condition(entity, entity.rev)

    def _condition(self, entity: Entity, rev: int) -> dict[str, Any]:
        if not entity.CONDITIONAL:
            return {}
        if rev < 0:
            return {"ConditionExpression": "attribute_not_exists(pk)"}
        return {"ConditionExpression": "rev = :rev", "ExpressionAttributeValues": self._encode({":rev": rev})}

    def _encode(self, values: Mapping[str, Any]) -> dict[str, Any]:
        return {name: self._to(value) for name, value in values.items()}

    def _decode(self, item: Mapping[str, Any]) -> dict[str, Any]:
        return {name: _plain(self._from(value)) for name, value in item.items()}


def _plain(value: Any) -> Any:
    """DynamoDB's numbers come as Decimal; all of ours are whole."""
    if isinstance(value, Decimal):
        return int(value)
    if isinstance(value, list):
        return [_plain(each) for each in value]
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    return value


def _raise_lost(error: ClientError) -> None:
    code = error.response["Error"]["Code"]
    # TransactionConflictException: a single write met a transaction on the same item that is not over.
    if code in ("ConditionalCheckFailedException", "TransactionConflictException"):
        raise Lost from error
    if code == "TransactionCanceledException":
        reasons = {reason.get("Code") for reason in error.response.get("CancellationReasons", [])}
        if reasons & {"ConditionalCheckFailed", "TransactionConflict"}:
            raise Lost from error


def _closed(key: Mapping[str, str]) -> str:
    return base64.urlsafe_b64encode(json.dumps(key, separators=(",", ":")).encode()).decode().rstrip("=")


def _opened(cursor: str, names: set[str], pk_name: str, pk: str) -> dict[str, str]:
    """Raises InvalidInput for a cursor that is none, or is another list's or another agency's."""
    try:
        key = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, RecursionError) as error:
        raise _not_our_cursor() from error
    sound = isinstance(key, dict) and set(key) == names and all(isinstance(each, str) and each for each in key.values())
    if not sound or key[pk_name] != pk:
        raise _not_our_cursor()
    return {name: str(value) for name, value in key.items()}


def _not_our_cursor() -> InvalidInput:
    return InvalidInput("cursor_invalid", "Use the cursor of the answer before.", field="cursor")
