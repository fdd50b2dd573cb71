"""One of every kind of stored thing, found by walking the package so that a new kind is covered the day it appears."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from datetime import UTC, date, datetime
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import AwareDatetime, BaseModel
from pydantic_core import PydanticUndefined

import chalicelib
from chalicelib.entity import Entity

MOMENT = datetime(2026, 11, 23, 14, 5, 9, 123000, tzinfo=UTC)


def modules() -> Iterator[Any]:
    for found in pkgutil.walk_packages(chalicelib.__path__, "chalicelib."):
        yield importlib.import_module(found.name)


def kinds() -> list[type[Entity]]:
    list(modules())

    def below(kind: type[Entity]) -> Iterator[type[Entity]]:
        for each in kind.__subclasses__():
            yield each
            yield from below(each)

    return sorted(
        (each for each in set(below(Entity)) if each.__module__.startswith("chalicelib.")), key=lambda each: each.KIND
    )


def made(kind: type[BaseModel], *, full: bool) -> Any:
    """full: every field with a value that is not its default; otherwise only those that must be there."""
    return kind.model_validate(
        {
            name: _value(name, field.annotation)
            for name, field in kind.model_fields.items()
            if full or (field.default is PydanticUndefined and field.default_factory is None)
        }
    )


def _value(name: str, annotation: Any) -> Any:
    origin, arguments = get_origin(annotation), get_args(annotation)
    if annotation is AwareDatetime:
        return MOMENT
    if origin is Annotated:
        return _value(name, arguments[0])
    if origin in (Union, UnionType):
        return _value(name, next(each for each in arguments if each is not type(None)))
    if origin is Literal:
        return arguments[-1]
    if origin is tuple:
        return [_value(name, arguments[0]), _value(name, arguments[0])]
    if origin is dict:
        return {"un": _value(name, arguments[1]), "deux": _value(name, arguments[1])}
    if isinstance(annotation, type):
        if issubclass(annotation, BaseModel):
            return made(annotation, full=True)
        for known, value in (
            (bool, True),
            (int, 7),
            (float, 7.5),
            (str, f"{name} été 🎄"),
            (datetime, MOMENT),
            (date, MOMENT.date()),
        ):
            if issubclass(annotation, known):
                return value
    raise AssertionError(f"no example for {name}: {annotation}; add one here")
