"""The bucket of reports' files, and the short-lived addresses of them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.errors import Upstream

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

FOR = timedelta(seconds=60)
"""A presigned address dies with the session of the role that signed it: it is made when it is asked for."""


class ReportsBucket:
    """Objects are named <agency>/<report id>.<format>."""

    def __init__(self, client: S3Client, name: str) -> None:
        self._client = client
        self._name = name

    def put(self, key: str, content: bytes, *, content_type: str) -> None:
        """Raises Upstream."""
        try:
            self._client.put_object(Bucket=self._name, Key=key, Body=content, ContentType=content_type)
        except (BotoCoreError, ClientError) as error:
            raise Upstream("report_not_stored") from error

    def read(self, key: str) -> bytes:
        """Raises Upstream report_unreadable."""
        try:
            return self._client.get_object(Bucket=self._name, Key=key)["Body"].read()
        except (BotoCoreError, ClientError) as error:
            raise Upstream("report_unreadable") from error

    def address(self, key: str, *, file_name: str, content_type: str) -> str:
        """Downloads under this name; nothing in it is ever shown by a browser as a page of ours."""
        return self._client.generate_presigned_url(
            "get_object",
            Params={
                "Bucket": self._name,
                "Key": key,
                "ResponseContentType": content_type,
                "ResponseContentDisposition": f'attachment; filename="{file_name}"',
                "ResponseCacheControl": "no-store",
            },
            ExpiresIn=int(FOR.total_seconds()),
        )
