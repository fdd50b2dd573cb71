"""Configuration: the only reader of the environment. What is missing stops the function at its start, by name."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cache

from pydantic import BaseModel, ConfigDict, Field

_PREFIX = "PARVIS_"


class Settings(BaseModel):
    """One field a variable PARVIS_<NAME>; see docs/operating.md. The same on AWS and on one machine."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    stage: str
    site_url: str = Field(description="Where people open the application, without a slash at the end.")
    table_content: str
    table_team: str
    table_state: str
    table_audit: str
    table_inbox: str
    queue_publish: str = Field(description="Queue URL.")
    queue_media: str = Field(description="Queue URL.")
    queue_poll: str = Field(description="Queue URL.")
    queue_ingest: str = Field(description="Queue URL.")
    queue_tell: str = Field(description="Queue URL.")
    queue_measure: str = Field(description="Queue URL.")
    queue_report: str = Field(description="Queue URL.")
    dead_letter_queues: str = Field("", description="Queue URLs, separated by spaces.")
    bucket_media: str
    bucket_reports: str
    topic_operations: str
    topic_alerts: str
    push_application: str = Field("", description="ARN of the SNS platform application, or nothing: no mobile push.")
    mail_from: str = Field(description="The sender of review links, an identity that SES has verified.")
    network_apps: str = Field(description="Name of the SSM parameter that holds the networks' application secrets.")
    user_pool: str
    user_pool_client: str
    user_pool_keys_url: str = Field(description="Where the pool's public keys (JWKS) are.")
    user_pool_issuer: str
    key: str = Field(description="The KMS key that seals credentials.")
    second_factor_optional: bool = Field(
        False, description="Administrators are not asked for a second factor. For a demonstration on this machine only."
    )
    allow_loopback_networks: bool = Field(False, description="For practice networks on this machine only.")
    image_bytes_max: int = Field(50_000_000, description="Of an upload; networks are given smaller copies.")
    video_bytes_max: int = Field(
        500_000_000,
        description="Of an upload. LinkedIn takes so much, X 12 MB more; of the others Threads alone takes more.",
    )


def read(environment: Mapping[str, str]) -> Settings:
    """Raises ValidationError that names what is missing. An empty variable is one that is not set."""
    named = {name: environment.get(_PREFIX + name.upper()) for name in Settings.model_fields}
    return Settings.model_validate({name: value for name, value in named.items() if value})


@cache
def settings() -> Settings:
    return read(os.environ)
