"""boto3 clients with bounded patience: no call outlives the function that makes it."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config

if TYPE_CHECKING:
    from mypy_boto3_cognito_idp import CognitoIdentityProviderClient
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_kms import KMSClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sqs import SQSClient

_PATIENCE = Config(
    connect_timeout=2,
    read_timeout=5,
    retries={"mode": "standard", "max_attempts": 4},
    max_pool_connections=32,
)

_ONCE = {"mode": "standard", "total_max_attempts": 1}
"""Botocore's max_attempts counts the repetitions, and would make two calls of one."""


def _client(service: str, **more: Any) -> Any:
    return boto3.client(service, config=_PATIENCE.merge(Config(**more)))  # type: ignore[call-overload]


@cache
def dynamodb() -> DynamoDBClient:
    client: DynamoDBClient = _client("dynamodb")
    return client


@cache
def sqs() -> SQSClient:
    client: SQSClient = _client("sqs")
    return client


@cache
def s3() -> S3Client:
    # Presigned addresses need the signature that every region takes.
    client: S3Client = _client("s3", signature_version="s3v4", s3={"addressing_style": "path"})
    return client


@cache
def sns() -> SNSClient:
    client: SNSClient = _client("sns")
    return client


@cache
def sns_once() -> SNSClient:
    """For what tells people: a call that was not heard may have been made, and only its caller may repeat it."""
    client: SNSClient = _client("sns", retries=_ONCE)
    return client


@cache
def ses_once() -> Any:
    """The same for mail."""
    return _client("sesv2", retries=_ONCE)


@cache
def kms() -> KMSClient:
    client: KMSClient = _client("kms")
    return client


@cache
def cognito() -> CognitoIdentityProviderClient:
    client: CognitoIdentityProviderClient = _client("cognito-idp")
    return client


@cache
def ssm() -> Any:
    """No stubs of it are among the requirements: one call is made with it."""
    return _client("ssm")
