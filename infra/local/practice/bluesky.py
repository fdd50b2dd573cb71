"""A Bluesky PDS: the XRPC methods that a publishing client needs, as bluesky-social/atproto's PDS answers them.

Sources: the lexicons com.atproto.* and app.bsky.*; https://atproto.com/specs/xrpc; the wording and the codes of
errors are those of the PDS; whom a post reaches is decided as in the AppView's indexing of posts. What reads posts is
in bluesky_appview.py. Not built: the repository's Merkle tree and its signatures (a commit's CID is that of a small
object naming the revision), OAuth, the firehose.
"""

from __future__ import annotations

import base64
import hashlib
import math
import secrets
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import jwt
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

from .content_address import DAG_CBOR, NotEncodable, TidClock, cid, dag_cbor, is_cid, is_tid, record_cid
from .exchange import Call, Handler, Practice, endpoint
from .images import look_at
from .post_record import Invalid, blobs, check_post, is_did, is_handle, is_record_key
from .posting import BadRequest, Message
from .rates import Rates
from .status_html import entities
from .store import Account, Media, Post, Reach, blob_cid, password_matches

POST = "app.bsky.feed.post"
ANCESTORS_TOLD = 4  # a reply notifies the authors of so many posts above it
ACCESS, REFRESH = "com.atproto.appPass", "com.atproto.refresh"
REFRESH_SECONDS = 90 * 86400
BLOB_BYTES = 50 * 1024 * 1024
POINTS_HOUR, POINTS_DAY = 5000, 35000
SESSIONS_5_MINUTES = 30
CREATE_POINTS, UPDATE_POINTS, DELETE_POINTS = 3, 2, 1


class XrpcError(Exception):
    def __init__(self, status: int, error: str, message: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.status, self.error, self.message, self.headers = status, error, message, headers or {}

    def response(self) -> Response:
        return JSONResponse(
            {"error": self.error, "message": self.message}, status_code=self.status, headers=self.headers
        )


def invalid(message: str, error: str = "InvalidRequest") -> XrpcError:
    return XrpcError(400, error, message)


def did_for(handle: str) -> str:
    """A did:plc that is always the same for a handle."""
    raw = base64.b32encode(hashlib.sha256(f"bluesky:{handle.lower()}".encode()).digest()).decode("ascii").lower()
    return f"did:plc:{raw[:24]}"


def iso(t: float) -> str:
    return datetime.fromtimestamp(t, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Bluesky:
    network = "bluesky"

    def __init__(self, practice: Practice) -> None:
        self._practice = practice
        self._store = practice.store
        self._tids = TidClock(clock_id=secrets.randbelow(1024))
        self._rates = Rates(aligned=False)
        authority = practice.public_url.split("://", 1)[1]
        self.service_did = f"did:web:{quote(authority, safe='')}"

    def routes(self) -> list[Route]:
        methods: list[tuple[str, str, str, Handler]] = [
            ("GET", "com.atproto.server.describeServer", "read", self._describe_server),
            ("POST", "com.atproto.server.createSession", "session", self._create_session),
            ("POST", "com.atproto.server.refreshSession", "session", self._refresh_session),
            ("GET", "com.atproto.server.getSession", "session", self._get_session),
            ("POST", "com.atproto.server.deleteSession", "session", self._delete_session),
            ("GET", "com.atproto.identity.resolveHandle", "read", self._resolve_handle),
            ("POST", "com.atproto.repo.createRecord", "publish", self._create_record),
            ("POST", "com.atproto.repo.putRecord", "publish", self._put_record),
            ("POST", "com.atproto.repo.deleteRecord", "delete", self._delete_record),
            ("GET", "com.atproto.repo.getRecord", "read", self._get_record),
            ("GET", "com.atproto.repo.listRecords", "read", self._list_records),
            ("POST", "com.atproto.repo.uploadBlob", "upload", self._upload_blob),
            ("GET", "com.atproto.sync.getBlob", "read", self._get_blob),
        ]
        routes = [
            Route(f"/xrpc/{nsid}", endpoint(self._practice, self, operation, self.answer(handler)), methods=[verb])
            for verb, nsid, operation, handler in methods
        ]
        routes.append(
            Route(
                "/xrpc/{nsid:path}",
                endpoint(self._practice, self, "read", self.answer(self._unknown_method)),
                methods=["GET", "POST"],
            )
        )
        return routes

    @staticmethod
    def answer(handler: Handler) -> Handler:
        async def answer(call: Call) -> Response:
            try:
                return await handler(call)
            except XrpcError as e:
                return e.response()

        return answer

    def forget_budgets(self) -> None:
        self._rates.clear()

    # ------------------------------------------------------------ what faults need

    def identify(self, request: Request) -> Account | None:
        header = request.headers.get("authorization", "")
        if not header.startswith("Bearer "):
            return None
        try:
            claims = jwt.decode(header[7:], options={"verify_signature": False})
        except jwt.PyJWTError:
            return None
        return self._store.accounts.get((self.network, str(claims.get("sub"))))

    def server_error(self, status: int) -> Response:
        error, message = {
            500: ("InternalServerError", "Internal Server Error"),
            502: ("UpstreamFailure", "Upstream Failure"),
            503: ("NotEnoughResources", "Not Enough Resources"),
            504: ("UpstreamTimeout", "Upstream Timeout"),
        }[status]
        return XrpcError(status, error, message).response()

    def rate_limited(self, call: Call, reset_in: float) -> Response:
        reset_at = call.practice.now() + reset_in
        call.headers.update(_rate_headers(POINTS_HOUR, 0, reset_at, 3600))
        return XrpcError(429, "RateLimitExceeded", "Rate Limit Exceeded").response()

    def token_expired(self, call: Call) -> Response:
        return invalid("Token has expired", "ExpiredToken").response()

    def token_revoked(self, call: Call) -> Response:
        return invalid("Token has been revoked", "ExpiredToken").response()

    def suspended(self, call: Call) -> Response:
        return _taken_down().response()

    # ------------------------------------------------------------ sessions

    async def _describe_server(self, call: Call) -> Response:
        return JSONResponse(
            {
                "did": self.service_did,
                "availableUserDomains": [".practice.test"],
                "inviteCodeRequired": True,
                "links": {},
                "contact": {},
                "blobUploadLimit": BLOB_BYTES,
            }
        )

    async def _create_session(self, call: Call) -> Response:
        body = self._json(call)
        identifier = _text(body, "identifier").strip().removeprefix("@").lower()
        password = _text(body, "password")
        now = call.practice.now()
        budget = self._rates.spend("session", identifier, limit=SESSIONS_5_MINUTES, window=300, now=now)
        call.headers.update(_rate_headers(budget.limit, budget.remaining, budget.reset_at, budget.window))
        if budget.exceeded and call.practice.settings.rate_limits:
            raise XrpcError(429, "RateLimitExceeded", "Rate Limit Exceeded")
        account = self.find(identifier)
        if account is None or not password_matches(account.password, password):
            raise XrpcError(401, "AuthenticationRequired", "Invalid identifier or password")
        call.entry.handle, call.entry.account_id = account.handle, account.id
        if account.suspended:
            raise _taken_down()
        access, refresh, name = self._tokens(account)
        call.accept(remote_id=name, created=True)
        return JSONResponse(self._session(account, access, refresh))

    async def _refresh_session(self, call: Call) -> Response:
        account, claims = self.authenticate(call, REFRESH)
        name = f"bluesky:refresh:{claims.get('jti')}"
        kept = self._store.grants.get(name)
        now = call.practice.now()
        if kept is None:
            raise invalid("Token has been revoked", "ExpiredToken")
        if kept.get("used_at") is not None:
            if now - kept["used_at"] >= call.practice.settings.refresh_grace_seconds:
                # A used token that comes back was stolen or kept by mistake: its whole line ends.
                self._end_family(kept["family"])
                raise invalid("Token has been revoked", "ExpiredToken")
        else:
            self._store.grant(name, {**kept, "used_at": now})
        access, refresh, new = self._tokens(account, family=kept["family"])
        call.accept(remote_id=new, created=True)
        return JSONResponse(self._session(account, access, refresh))

    async def _get_session(self, call: Call) -> Response:
        account, _ = self.authenticate(call, ACCESS)
        session = self._session(account, "", "")
        del session["accessJwt"], session["refreshJwt"]
        return JSONResponse(session)

    async def _delete_session(self, call: Call) -> Response:
        account, claims = self.authenticate(call, REFRESH)
        kept = self._store.grants.get(f"bluesky:refresh:{claims.get('jti')}")
        if kept is None:
            raise invalid("Token has been revoked", "ExpiredToken")
        self._end_family(kept["family"])
        call.accept(remote_id=account.id, created=False)
        return Response()

    def _tokens(self, account: Account, family: str | None = None) -> tuple[str, str, str]:
        """(access token, refresh token, the refresh token's name in the store)."""
        now = self._practice.now()
        jti = secrets.token_urlsafe(24)
        common = {"aud": self.service_did, "sub": account.id, "iat": int(now)}
        access = jwt.encode(
            {**common, "scope": ACCESS, "exp": math.ceil(now + self._practice.settings.access_token_seconds)},
            self._store.secret,
            "HS256",
            headers={"typ": "at+jwt"},
        )
        refresh = jwt.encode(
            {**common, "scope": REFRESH, "exp": int(now) + REFRESH_SECONDS, "jti": jti},
            self._store.secret,
            "HS256",
            headers={"typ": "refresh+jwt"},
        )
        name = f"bluesky:refresh:{jti}"
        self._store.grant(name, {"did": account.id, "family": family or jti, "used_at": None})
        return access, refresh, name

    def _end_family(self, family: str) -> None:
        for name, kept in list(self._store.grants.items()):
            if name.startswith("bluesky:refresh:") and kept["family"] == family:
                self._store.withdraw(name)

    def _session(self, account: Account, access: str, refresh: str) -> dict[str, Any]:
        return {
            "accessJwt": access,
            "refreshJwt": refresh,
            "handle": account.handle,
            "did": account.id,
            "didDoc": {
                "@context": ["https://www.w3.org/ns/did/v1"],
                "id": account.id,
                "alsoKnownAs": [f"at://{account.handle}"],
                "service": [
                    {
                        "id": "#atproto_pds",
                        "type": "AtprotoPersonalDataServer",
                        "serviceEndpoint": self._practice.public_url,
                    }
                ],
            },
            "active": True,
        }

    def authenticate(self, call: Call, scope: str) -> tuple[Account, dict[str, Any]]:
        header = call.request.headers.get("authorization", "")
        if not header.startswith("Bearer "):
            raise XrpcError(401, "AuthMissing", "Authentication Required")
        try:
            # The times are compared with the practice clock below, not with the library's.
            claims = jwt.decode(
                header[7:],
                self._store.secret,
                algorithms=["HS256"],
                audience=self.service_did,
                options={"verify_exp": False, "verify_iat": False},
            )
        except jwt.PyJWTError as e:
            raise invalid("Token could not be verified", "InvalidToken") from e
        if claims.get("scope") != scope:
            raise invalid("Bad token scope", "InvalidToken")
        if float(claims["exp"]) <= call.practice.now():
            raise invalid("Token has expired", "ExpiredToken")
        account = self._store.accounts.get((self.network, str(claims["sub"])))
        if account is None:
            raise XrpcError(401, "AuthenticationRequired", "Could not find account")
        if account.suspended:
            raise _taken_down()
        return account, claims

    # ------------------------------------------------------------ records

    async def _create_record(self, call: Call) -> Response:
        account, body, collection, record = self._write(call)
        rkey = body.get("rkey")
        if rkey is None:
            rkey = self._tids.next(call.practice.now())
        self._check_rkey(collection, rkey)
        if self._store.post(self.network, account.id, rkey):
            # The PDS does not foresee it: the index refuses the second one.
            raise XrpcError(500, "InternalServerError", "Internal Server Error")
        return self._save(call, account, record, rkey, body, CREATE_POINTS)

    async def _put_record(self, call: Call) -> Response:
        account, body, collection, record = self._write(call)
        rkey = _text(body, "rkey")
        self._check_rkey(collection, rkey)
        return self._save(call, account, record, rkey, body, UPDATE_POINTS)

    def _write(self, call: Call) -> tuple[Account, dict[str, Any], str, dict[str, Any]]:
        """The checks that both ways of writing share: who, where, and whether the record may stand."""
        account, _ = self.authenticate(call, ACCESS)
        body = self._json(call)
        repo, collection = _text(body, "repo"), _text(body, "collection")
        call.entry.key = body["rkey"] if isinstance(body.get("rkey"), str) else None
        if self.find(repo) is not account:
            raise XrpcError(401, "AuthenticationRequired", "Authentication Required")
        record = body.get("record")
        if not isinstance(record, dict):
            raise invalid("Input/record must be an object")
        record.setdefault("$type", collection)
        if record["$type"] != collection:
            raise invalid(f"Invalid $type: expected {collection}, got {record['$type']}")
        if collection != POST:
            raise invalid(
                f"Lexicon not found: {collection}" if "." in collection else "Input/collection must be a valid nsid"
            )
        try:
            check_post(record)
        except Invalid as e:
            raise invalid(f"Invalid {POST} record: {e}") from e
        return account, body, collection, record

    def _save(
        self, call: Call, account: Account, record: dict[str, Any], rkey: str, body: dict[str, Any], points: int
    ) -> Response:
        try:
            new_cid = record_cid(record)
        except NotEncodable as e:
            raise invalid(f"Invalid {POST} record: {e}") from e
        media = self._media(account, record)
        old = self._store.post(self.network, account.id, rkey)
        if "swapRecord" in body and body["swapRecord"] != (old.native["cid"] if old else None):
            raise invalid(f"Record was at {old.native['cid'] if old else 'null'}", "InvalidSwap")
        self._spend(call, account, points)
        uri = f"at://{account.id}/{POST}/{rkey}"
        answer: dict[str, Any] = {"uri": uri, "cid": new_cid}
        created = changed = old is None or old.native["cid"] != new_cid
        if changed:
            now = call.practice.now()
            created = old is None
            self._store.put_post(
                Post(
                    network=self.network,
                    account_id=account.id,
                    id=rkey,
                    remote_id=uri,
                    text=record["text"],
                    accepted_at=old.accepted_at if old else now,
                    arrived_at=old.arrived_at if old else call.entry.arrived_at,
                    visible_at=old.visible_at if old else now + call.visible_after,
                    key=rkey,
                    media=[(m.id, alt) for m, alt in media],
                    native={"record": record, "cid": new_cid},
                    written_at=_seconds(record["createdAt"]),
                    **self._conversation(account, record),
                )
            )
            for item, _ in media:
                if item.attached_to is None:
                    self._store.change_media(item, attached_to=rkey)
            answer["commit"] = self._commit(account, uri, new_cid)
        answer["validationStatus"] = "valid"
        text_sha256 = hashlib.sha256(record["text"].encode()).hexdigest()
        call.accept(remote_id=uri, created=created, key=rkey, text_sha256=text_sha256)
        return JSONResponse(answer)

    async def _delete_record(self, call: Call) -> Response:
        account, _ = self.authenticate(call, ACCESS)
        body = self._json(call)
        collection, rkey = _text(body, "collection"), _text(body, "rkey")
        if self.find(_text(body, "repo")) is not account:
            raise XrpcError(401, "AuthenticationRequired", "Authentication Required")
        self._spend(call, account, DELETE_POINTS)
        post = self._store.post(self.network, account.id, rkey) if collection == POST else None
        if post is None:
            return JSONResponse({})
        self._store.delete_post(post)
        call.accept(remote_id=post.remote_id, created=False, key=rkey)
        return JSONResponse({"commit": self._commit(account, post.remote_id, None)})

    async def _get_record(self, call: Call) -> Response:
        query = call.request.query_params
        account = self.repo(query.get("repo"))
        collection, rkey = param(query.get("collection"), "collection"), param(query.get("rkey"), "rkey")
        post = self._store.post(self.network, account.id, rkey) if collection == POST else None
        wanted = query.get("cid")
        if post is None or post.visible_at > call.practice.now() or (wanted and wanted != post.native["cid"]):
            raise invalid(f"Could not locate record: at://{account.id}/{collection}/{rkey}", "RecordNotFound")
        return JSONResponse(_record(post))

    async def _list_records(self, call: Call) -> Response:
        query = call.request.query_params
        account = self.repo(query.get("repo"))
        collection = param(query.get("collection"), "collection")
        limit = limit_of(query.get("limit"))
        rising = query.get("reverse") == "true"
        cursor = query.get("cursor")
        found: list[Post] = []
        if collection == POST:
            for post in self._store.own_posts(
                self.network,
                account.id,
                after=cursor if rising else None,
                before=None if rising else cursor,
                rising=rising,
            ):
                found.append(post)
                if len(found) == limit:
                    break
        answer: dict[str, Any] = {"records": [_record(post) for post in found]}
        if found:
            answer["cursor"] = found[-1].id
        return JSONResponse(answer)

    def _conversation(self, account: Account, record: dict[str, Any]) -> dict[str, Any]:
        """What a record answers and quotes, and whom it reaches: each account once, for the first of mention, quote
        and reply that applies."""
        reached: dict[str, Reach] = {}

        def reach(did: str, kind: str, subject: str | None) -> None:
            if did != account.id and (self.network, did) in self._store.accounts:
                reached.setdefault(did, (did, kind, subject))

        for facet in record.get("facets") or []:
            for feature in facet["features"]:
                if feature["$type"] == "app.bsky.richtext.facet#mention":
                    reach(feature["did"], "mention", None)
        quoted = self._uri(_quoted(record))
        if quoted:
            reach(quoted.split("/")[2], "quote", quoted)
        reply = record.get("reply") or {}
        parent, root = (self._uri(reply[side]["uri"]) if reply else None for side in ("parent", "root"))
        above = self.post_at(parent) if parent else None
        if above:
            for ancestor in (above, *self._store.ancestors(above, ANCESTORS_TOLD - 1)):
                reach(ancestor.account_id, "reply", ancestor.remote_id)
        return {"parent": parent, "root": root, "quoted": quoted, "reaches": list(reached.values())}

    def _uri(self, uri: str | None) -> str | None:
        """An at:// address with the DID where it names a handle."""
        if uri is None:
            return None
        authority, slash, rest = uri.removeprefix("at://").partition("/")
        account = self.find(authority)
        return f"at://{account.id if account else authority}{slash}{rest}"

    def post_at(self, uri: str) -> Post | None:
        post = self._store.post_by_remote(self.network, self._uri(uri) or "")
        return post if post and post.visible_at <= self._practice.now() else None

    def _check_rkey(self, collection: str, rkey: Any) -> None:
        if not is_record_key(rkey):
            raise invalid("Input/rkey must be a valid Record Key")
        if not is_tid(rkey):
            raise invalid(f"Invalid record key for {collection}: {rkey} is not a TID")

    def _media(self, account: Account, record: dict[str, Any]) -> list[tuple[Media, str]]:
        """The uploaded blobs that a record names, each with its alternative text. Raises XrpcError."""
        found = []
        for blob, accepted, bytes_max, alt in blobs(record):
            link = blob["ref"]["$link"]
            media = self._store.media.get((self.network, account.id, link))
            if media is None:
                raise invalid(f"Could not find blob: {link}", "BlobNotFound")
            if media.content_type != blob["mimeType"]:
                raise invalid(
                    f"Referenced MimeType does not match stored blob. Expected: {media.content_type}, "
                    f"Got: {blob['mimeType']}",
                    "InvalidMimeType",
                )
            if not _accepts(accepted, media.content_type):
                raise invalid(
                    f"Wrong mimetype for {link}. It is {media.content_type} but it must match {accepted}.",
                    "InvalidMimeType",
                )
            if media.size > bytes_max:
                raise invalid(
                    f"This file is too large. It is {media.size} bytes but the maximum size is {bytes_max} bytes.",
                    "BlobTooLarge",
                )
            if media.size != blob["size"]:
                raise invalid(f"Size of {link} does not match: {media.size} bytes are stored", "InvalidRequest")
            found.append((media, alt))
        return found

    def _commit(self, account: Account, uri: str, record: str | None) -> dict[str, str]:
        rev = self._tids.next(self._practice.now())
        link = {"$link": record} if record else None
        return {"cid": cid(dag_cbor({"did": account.id, "rev": rev, "uri": uri, "record": link}), DAG_CBOR), "rev": rev}

    # ------------------------------------------------------------ blobs

    async def _upload_blob(self, call: Call) -> Response:
        account, _ = self.authenticate(call, ACCESS)
        if not call.body:
            raise invalid("Request body is required")
        if len(call.body) > BLOB_BYTES:
            raise XrpcError(413, "PayloadTooLarge", "request entity too large")
        declared = call.request.headers.get("content-type", "").split(";")[0].strip().lower()
        if not declared:
            raise invalid("Request encoding (Content-Type) required but not provided")
        seen = look_at(call.body)
        content_type = seen.content_type if seen else "video/mp4" if call.body[4:8] == b"ftyp" else declared
        link = blob_cid(call.body)
        known = self._store.media.get((self.network, account.id, link))
        if known is None:
            self._store.add_media(
                Media(
                    network=self.network,
                    id=link,
                    account_id=account.id,
                    content_type=content_type,
                    size=len(call.body),
                    sha256=hashlib.sha256(call.body).hexdigest(),
                    created_at=call.practice.now(),
                    width=seen.width if seen else None,
                    height=seen.height if seen else None,
                ),
                call.body,
            )
        call.accept(remote_id=link, created=known is None)
        blob = {"$type": "blob", "ref": {"$link": link}, "mimeType": content_type, "size": len(call.body)}
        return JSONResponse({"blob": blob})

    async def _get_blob(self, call: Call) -> Response:
        query = call.request.query_params
        account = self.repo(query.get("did"), name="did")
        link = param(query.get("cid"), "cid")
        if not is_cid(link):
            raise invalid("Error: Params/cid must be a cid string")
        media = self._store.media.get((self.network, account.id, link))
        if media is None or media.attached_to is None:
            raise invalid("Blob not found", "BlobNotFound")
        return blob_response(self._store.blob_path(media), media.content_type)

    # ------------------------------------------------------------ what citizens write

    def citizen(self, name: str) -> tuple[str, str]:
        handle = f"{name.strip('_').replace('_', '-')[:40].strip('-')}.practice.test"
        return did_for(handle), handle

    def write(self, author: Account, message: Message) -> Post:
        if message.private:
            raise BadRequest("private", "this practice Bluesky has no private messages")
        now = self._practice.now()
        text = message.text
        if message.mention and f"@{message.mention.handle}" not in text.lower():
            text = f"@{message.mention.handle} {text}"
        written_at = now if message.written_at is None else message.written_at
        record: dict[str, Any] = {"$type": POST, "text": text, "createdAt": iso(written_at)}
        if message.language:
            record["langs"] = [message.language]
        if facets := list(self._facets(text)):
            record["facets"] = facets
        if message.reply_to:
            parent = reference(message.reply_to)
            root = message.reply_to.native["record"].get("reply", {}).get("root", parent)
            record["reply"] = {"root": root, "parent": parent}
        if message.quote:
            record["embed"] = {"$type": "app.bsky.embed.record", "record": reference(message.quote)}
        try:
            check_post(record)
        except Invalid as e:
            raise BadRequest("text", str(e)) from e
        rkey = self._tids.next(now)
        post = Post(
            network=self.network,
            account_id=author.id,
            id=rkey,
            remote_id=f"at://{author.id}/{POST}/{rkey}",
            text=text,
            accepted_at=now,
            arrived_at=now,
            visible_at=now,
            key=rkey,
            media=[],
            native={"record": record, "cid": record_cid(record)},
            written_at=_seconds(record["createdAt"]),
            **self._conversation(author, record),
        )
        self._store.put_post(post)
        return post

    def edit(self, post: Post, text: str) -> Post:
        raise BadRequest("network", "Bluesky knows no edits")

    def url(self, post: Post) -> str:
        handle = self._store.accounts[self.network, post.account_id].handle
        return f"/profile/{quote(handle)}/post/{post.id}"

    def _facets(self, text: str) -> Iterator[dict[str, Any]]:
        """The links, hashtags and mentions that a client would mark."""
        for entity in entities(text):
            account = self.find(entity.text[1:].lower()) if entity.kind == "mention" else None
            if entity.kind == "url":
                feature = {"$type": "app.bsky.richtext.facet#link", "uri": entity.text}
            elif entity.kind == "hashtag" and len(entity.text) <= 65:
                feature = {"$type": "app.bsky.richtext.facet#tag", "tag": entity.text[1:]}
            elif account:
                feature = {"$type": "app.bsky.richtext.facet#mention", "did": account.id}
            else:
                continue
            start, end = (len(text[:at].encode()) for at in (entity.start, entity.end))
            yield {"index": {"byteStart": start, "byteEnd": end}, "features": [feature]}

    # ------------------------------------------------------------ identity, odds and ends

    async def _resolve_handle(self, call: Call) -> Response:
        handle = param(call.request.query_params.get("handle"), "handle")
        if not is_handle(handle):
            raise invalid("Error: Params/handle must be a valid handle")
        account = self._store.by_handle(self.network, handle)
        if account is None:
            raise invalid("Unable to resolve handle")
        return JSONResponse({"did": account.id})

    async def _unknown_method(self, call: Call) -> Response:
        raise XrpcError(501, "MethodNotImplemented", "Method Not Implemented")

    def find(self, identifier: str) -> Account | None:
        if identifier.startswith("did:"):
            return self._store.accounts.get((self.network, identifier))
        return self._store.by_handle(self.network, identifier)

    def repo(self, value: str | None, name: str = "repo") -> Account:
        value = param(value, name)
        if not is_did(value) and not is_handle(value):
            raise invalid(f"Error: Params/{name} must be a valid did or a handle")
        account = self.find(value)
        if account is None:
            raise invalid(f"Could not find repo: {value}", "RepoNotFound" if name == "did" else "InvalidRequest")
        if account.suspended:
            raise invalid(f"Repo has been taken down: {account.id}", "RepoTakendown")
        return account

    def _spend(self, call: Call, account: Account, points: int) -> None:
        now = call.practice.now()
        hour = self._rates.spend("hour", account.id, limit=POINTS_HOUR, window=3600, now=now, points=points)
        day = self._rates.spend("day", account.id, limit=POINTS_DAY, window=86400, now=now, points=points)
        tightest = min((hour, day), key=lambda b: b.remaining)
        call.headers.update(_rate_headers(tightest.limit, tightest.remaining, tightest.reset_at, tightest.window))
        if (hour.exceeded or day.exceeded) and call.practice.settings.rate_limits:
            raise XrpcError(429, "RateLimitExceeded", "Rate Limit Exceeded")

    @staticmethod
    def _json(call: Call) -> dict[str, Any]:
        content_type = call.request.headers.get("content-type", "").split(";")[0].strip().lower()
        if not call.body:
            raise invalid("A request body is expected but none was provided")
        if content_type != "application/json":
            raise invalid(f"Wrong request encoding (Content-Type): {content_type or 'none'}")
        try:
            value = call.json()
        except ValueError as e:
            raise invalid("Malformed JSON in request body") from e
        if not isinstance(value, dict):
            raise invalid("Input must be an object")
        return value


def blob_response(path: Path, content_type: str) -> Response:
    """Stored bytes, never run by a browser as anything but an image."""
    return FileResponse(
        path,
        media_type=content_type,
        headers={
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": "default-src 'none'; sandbox",
            "Cache-Control": "public, max-age=3600",
        },
    )


def _taken_down() -> XrpcError:
    return XrpcError(401, "AccountTakedown", "Account has been taken down")


def _record(post: Post) -> dict[str, Any]:
    return {"uri": post.remote_id, "cid": post.native["cid"], "value": post.native["record"]}


def _rate_headers(limit: int, remaining: int, reset_at: float, window: int) -> dict[str, str]:
    return {
        "RateLimit-Limit": str(limit),
        "RateLimit-Remaining": str(remaining),
        "RateLimit-Reset": str(math.ceil(reset_at)),
        "RateLimit-Policy": f"{limit};w={window}",
    }


def _accepts(pattern: str, content_type: str) -> bool:
    return content_type.startswith(pattern[:-1]) if pattern.endswith("/*") else content_type == pattern


def _text(body: dict[str, Any], name: str) -> str:
    if name not in body:
        raise invalid(f'Input must have the property "{name}"')
    if not isinstance(body[name], str):
        raise invalid(f"Input/{name} must be a string")
    return str(body[name])


def param(value: str | None, name: str) -> str:
    if value is None:
        raise invalid(f'Error: Params must have the property "{name}"')
    return value


def limit_of(value: str | None, default: int = 50) -> int:
    """Between 1 and 100."""
    limit = number_of(value, "limit", default)
    if not 1 <= limit <= 100:
        raise invalid(f"Error: Params/limit can not be {'greater than 100' if limit > 100 else 'less than 1'}")
    return limit


def number_of(value: str | None, name: str, default: int) -> int:
    try:
        number = int(value) if value is not None else default
    except ValueError as e:
        raise invalid(f"Error: Params/{name} must be an integer") from e
    if number < 0:
        raise invalid(f"Error: Params/{name} can not be less than 0")
    return number


def reference(post: Post) -> dict[str, str]:
    return {"uri": post.remote_id, "cid": post.native["cid"]}


def _quoted(record: dict[str, Any]) -> str | None:
    """The address of the record that a post quotes."""
    embed = record.get("embed") or {}
    match embed.get("$type"):
        case "app.bsky.embed.record":
            return str(embed["record"]["uri"])
        case "app.bsky.embed.recordWithMedia":
            return str(embed["record"]["record"]["uri"])
    return None


def _seconds(value: str) -> float:
    return datetime.fromisoformat(value).timestamp()
