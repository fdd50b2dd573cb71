"""The bucket of images and videos: presigned uploads that S3 itself holds to the announced size and type."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError, HTTPClientError

from chalicelib.errors import Upstream

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

UPLOAD_FOR = timedelta(minutes=15)
LOOK_FOR = timedelta(minutes=15)
FETCH_FOR = timedelta(hours=1)


class MediaBucket:
    """Objects are named <agency>/<media id>, copies made of them <agency>/<media id>/<SHA-256>."""

    def __init__(self, client: S3Client, name: str) -> None:
        self._client = client
        self._name = name

    def upload_address(self, key: str, *, content_type: str, size: int, now: datetime) -> tuple[str, datetime]:
        """A PUT to it is refused by S3 unless its Content-Length and Content-Type are these."""
        url = self._client.generate_presigned_url(
            "put_object",
            Params={"Bucket": self._name, "Key": key, "ContentType": content_type, "ContentLength": size},
            ExpiresIn=int(UPLOAD_FOR.total_seconds()),
        )
        return url, now + UPLOAD_FOR

    def look_address(self, key: str, *, content_type: str) -> str:
        return self._client.generate_presigned_url(
            "get_object",
            Params={"Bucket": self._name, "Key": key, "ResponseContentType": content_type},
            ExpiresIn=int(LOOK_FOR.total_seconds()),
        )

    def public_address(self, key: str) -> str:
        """For a network that fetches the file itself, minted at the moment of use: an address that was signed with a
        function's credentials dies with them, whatever its own time says."""
        return self._client.generate_presigned_url(
            "get_object",
            Params={"Bucket": self._name, "Key": key},
            ExpiresIn=int(FETCH_FOR.total_seconds()),
        )

    def put(self, key: str, content: bytes, *, content_type: str) -> None:
        """What Parvis itself fetched or made. Raises Upstream media_not_stored."""
        try:
            self._client.put_object(Bucket=self._name, Key=key, Body=content, ContentType=content_type)
        except (ClientError, HTTPClientError) as error:
            raise Upstream("media_not_stored", type(error).__name__) from error

    def read(self, key: str) -> bytes:
        """Raises Upstream media_unreadable."""
        try:
            return self._client.get_object(Bucket=self._name, Key=key)["Body"].read()
        except ClientError as error:
            raise Upstream("media_unreadable", error.response["Error"]["Code"]) from error

    def chunks(self, key: str, size: int) -> Iterator[bytes]:
        """In pieces, each asked for when it is wanted: a connection that waits for the next network call would be cut.
        All of one and the same object, even if it is replaced meanwhile. Raises Upstream media_unreadable."""
        first, whole, tag = 0, 1, ""
        while first < whole:
            try:
                part = f"bytes={first}-{first + size - 1}"
                if tag:
                    answer = self._client.get_object(Bucket=self._name, Key=key, Range=part, IfMatch=tag)
                else:
                    answer = self._client.get_object(Bucket=self._name, Key=key, Range=part)
                content = answer["Body"].read()
            except (ClientError, HTTPClientError) as error:
                code = error.response["Error"]["Code"] if isinstance(error, ClientError) else type(error).__name__
                if code == "InvalidRange":  # of no bytes at all
                    return
                raise Upstream("media_unreadable", code) from error
            yield content
            tag, first = answer["ETag"], first + len(content)
            whole = int(answer["ContentRange"].rpartition("/")[2]) if content else 0

    def delete(self, key: str) -> None:
        self._client.delete_object(Bucket=self._name, Key=key)
