"""What every network's wire has in common: answers of which we read what we know, and a bearer token."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Wire(BaseModel):
    """What we do not know is passed over."""

    # Built when first used: a function that publishes to another network need not wait for it.
    model_config = ConfigDict(defer_build=True)


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}
