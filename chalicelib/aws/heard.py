"""What came of a call that tells somebody something: accepted, certainly not, never, or unheard."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
)

from chalicelib.alerts.channels import DeviceGone, NotTaken, Refused, Unheard

_NEVER = {
    "InvalidParameter",
    "InvalidParameterException",
    "InvalidParameterValue",
    "ParameterValueInvalid",
    "ValidationError",
    "BadRequestException",
    "MessageRejected",
    "MailFromDomainNotVerifiedException",
}
_GONE = {"EndpointDisabled", "EndpointDisabledException", "NotFound", "NotFoundException"}


@contextmanager
def calling(channel: str) -> Iterator[None]:
    """Turns what botocore raises into the outcomes of alerts/channels.py; codes only, no words of anybody.

    An answer of 5xx counts as not taken: AWS says of both SNS and SES that such a request may be repeated.
    """
    try:
        yield
    except ClientError as error:
        code = str(error.response.get("Error", {}).get("Code", "unknown"))
        if channel == "push" and code in _GONE:
            raise DeviceGone("device_gone", code) from error
        if code in _NEVER:
            raise Refused(f"{channel}_refused", code) from error
        # Too many at once, a role that lacks a right, an account that may not send at present: all of it can be mended.
        raise NotTaken(f"{channel}_not_taken", code) from error
    except (EndpointConnectionError, ConnectTimeoutError, NoCredentialsError) as error:
        raise NotTaken(f"{channel}_unreachable", type(error).__name__) from error
    except BotoCoreError as error:
        raise Unheard(f"{channel}_unheard", type(error).__name__) from error
