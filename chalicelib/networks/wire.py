"""What every network's wire has in common: answers of which we read what we know, and a bearer token."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from chalicelib.networks.contract import NotUnderstood

Model = TypeVar("Model", bound=BaseModel)


class Wire(BaseModel):
    """What we do not know is passed over."""

    # Built when first used: a function that publishes to another network need not wait for it.
    model_config = ConfigDict(defer_build=True)


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def each_of(model: type[Model], items: Sequence[object], *, strict: bool = True) -> list[Model]:
    """What cannot be read is passed over, so that no single item closes an inbox; a list of nothing else is not this
    network's. Raises NotUnderstood, unless strict is False."""
    found = []
    for item in items:
        try:
            found.append(model.model_validate(item))
        except ValidationError:
            continue
    if strict and items and not found:
        raise NotUnderstood("answer_unexpected")
    return found
