"""The base of what is stored: immutable, validated, and able to become a table item and come back."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, ClassVar, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, PlainSerializer


def stamp(moment: datetime) -> str:
    """UTC with milliseconds; as text these sort as they happened."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


Moment = Annotated[AwareDatetime, PlainSerializer(stamp, return_type=str)]


class Entity(BaseModel):
    """rev counts the writes of this item; every write after the first is conditional on the rev that was read.

    CONDITIONAL is False only for what has an id made from its content, so that writing it again changes nothing, and
    for what is written in the transaction of another item alone, whose condition stands for it.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", defer_build=True)

    KIND: ClassVar[str]
    TABLE: ClassVar[str] = "content"
    CONDITIONAL: ClassVar[bool] = True
    rev: int = 0

    def key(self) -> dict[str, str]:
        raise NotImplementedError

    def index_keys(self) -> dict[str, str]:
        """Attributes of the secondary indexes; those left out keep the item out of them."""
        return {}

    def item(self) -> dict[str, Any]:
        return {
            **self.key(),
            **self.index_keys(),
            "kind": self.KIND,
            **self.model_dump(mode="json", exclude_none=True),
            "rev": self.rev,
        }

    @classmethod
    def of(cls, item: dict[str, Any]) -> Self:
        return cls.model_validate(item)

    def but(self, **changes: Any) -> Self:
        """A copy with these fields changed (validated) and the next rev."""
        return type(self).model_validate({**dict(self), **changes, "rev": self.rev + 1})


def agency_key(agency: str, *parts: str) -> str:
    """Every partition key of an agency's data begins with the agency."""
    return "#".join(("A", agency, *parts))
