"""The part of X's API v2 that an account is published to, answered and read with.

Sources: docs.x.com (x-api/posts, media, fundamentals) and X's OpenAPI 2.167 (2026-08-22); tests hold every answer to
its schemas. Not built: sending private messages, the X Activity API, GIFs, quotes and reposts by agencies, editing.
"""

from __future__ import annotations

import base64
import hashlib
import itertools
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any
from urllib.parse import quote

from python_multipart.exceptions import FormParserError
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from chalicelib.networks.tweet_counting import weigh

from .bluesky import blob_response
from .exchange import Call, Handler, Practice, endpoint
from .images import look_at
from .posting import BadRequest, Message
from .rates import Budget, Rates
from .searching import query_of, words_of
from .store import Account, Media, Post, Reach, digest
from .x_json import NETWORK, Shown, View, XError, media_key, not_found

QUERY_CHARACTERS = 512
ALT_CHARACTERS = 1000
PRIVATE_CHARACTERS = 10_000
IMAGE_BYTES = 5_000_000
VIDEO_BYTES = 512_000_000
MEDIA_SECONDS = 86_400.0
_EPOCH = 1_288_834_974.657  # of X's ids
_WINDOW = 900
# Requests of one user in 15 minutes (rate-limits, 2026-08).
_LIMITS = {
    "create": 100, "delete": 50, "hide": 50, "own": 900, "mentions": 300, "search": 300, "posts": 5000, "post": 900,
    "me": 75, "user": 900, "private": 15, "upload": 500, "status": 1000, "chunks": 1875, "metadata": 500,
}  # fmt: skip
_PAGING = {"max_results", "pagination_token", "start_time", "end_time", "since_id", "until_id"}
_MENTION = re.compile(r"(?<![\w@/])@(\w{1,15})")
_CASHTAG = re.compile(r"(?<!\w)\$[A-Za-z]{1,6}\b")
_ID = re.compile(r"[0-9]{1,19}")
_POST_FIELDS = {
    "attachments", "author_id", "conversation_id", "created_at", "entities", "id", "lang", "public_metrics", "text",
    "in_reply_to_user_id", "referenced_tweets", "note_post", "note_tweet", "edit_history_tweet_ids",
}  # fmt: skip
_EVENT_TYPES = {"MessageCreate", "ParticipantsJoin", "ParticipantsLeave"}
_EVENT_FIELDS = {"attachments", "created_at", "dm_conversation_id", "entities", "event_type", "id", "text"}
_EVENT_EXPANSIONS = {"attachments.media_keys", "participant_ids", "referenced_posts", "sender_id"}
_GUIDES_ONLY = {"author_id", "in_reply_to_user_id", "referenced_tweets", "note_tweet", "edit_history_tweet_ids"}


def user_id_for(handle: str) -> str:
    """A user id that is always the same for a user name."""
    n = int.from_bytes(hashlib.sha256(f"x:{handle.lower()}".encode()).digest()[:6], "big")
    return str(10**15 + n)


class X:
    network = NETWORK

    def __init__(self, practice: Practice) -> None:
        self._practice = practice
        self._store = practice.store
        self._origin = practice.public_url
        self._rates = Rates(aligned=False)
        self._parts: dict[str, tuple[str, int, dict[int, bytes]]] = {}  # a video on its way -> whose, bytes, segments
        used = [int(p.id) for p in self._store.timeline if p.network == NETWORK]
        used += [int(key[2]) for key in self._store.media if key[0] == NETWORK]
        self._last_id = max(used, default=0)

    def routes(self) -> list[Route]:
        methods: list[tuple[str, str, str, str, Handler]] = [
            ("POST", "/2/tweets", "publish", "create", self._create),
            ("GET", "/2/tweets", "read", "posts", self._several),
            ("GET", "/2/tweets/search/recent", "read", "search", self._search),
            ("PUT", "/2/tweets/{id}/hidden", "delete", "hide", self._hide),
            ("GET", "/2/tweets/{id}", "read", "post", self._one),
            ("DELETE", "/2/tweets/{id}", "delete", "delete", self._delete),
            ("GET", "/2/users/me", "session", "me", self._me),
            ("GET", "/2/users/{id}", "read", "user", self._user),
            ("GET", "/2/users/{id}/tweets", "read", "own", self._own_posts),
            ("GET", "/2/users/{id}/mentions", "read", "mentions", self._mentions),
            ("GET", "/2/dm_events", "read", "private", self._private),
            ("POST", "/2/media/upload", "upload", "upload", self._upload),
            ("GET", "/2/media/upload", "read", "status", self._status),
            ("POST", "/2/media/upload/initialize", "upload", "chunks", self._initialize),
            ("POST", "/2/media/upload/{id}/append", "upload", "chunks", self._append),
            ("POST", "/2/media/upload/{id}/finalize", "upload", "chunks", self._finalize),
            ("POST", "/2/media/metadata", "upload", "metadata", self._describe),
        ]
        return [
            *(
                Route(path, endpoint(self._practice, self, operation, self._answer(handler, budget)), methods=[verb])
                for verb, path, operation, budget, handler in methods
            ),
            Route("/x/media/{id}", self._file),
        ]

    def _answer(self, handler: Handler, budget: str) -> Handler:
        async def answer(call: Call) -> Response:
            who = call.account.id if call.account else "nobody"
            now = call.practice.now()
            left = self._rates.spend(budget, who, limit=_LIMITS[budget], window=_WINDOW, now=now)
            call.headers.update(_rate_headers(left))
            try:
                if left.exceeded and call.practice.settings.rate_limits:
                    raise _too_many()
                return await handler(call)
            except XError as e:
                return e.response()

        return answer

    def forget_budgets(self) -> None:
        self._rates.clear()

    # ------------------------------------------------------------ what faults need

    def identify(self, request: Request) -> Account | None:
        kept = self._store.grants.get(f"x:access:{digest(_bearer(request))}")
        return self._store.accounts.get((NETWORK, str(kept["account_id"]))) if kept else None

    def server_error(self, status: int) -> Response:
        if status in (500, 503):
            return XError(status, "An internal error has occurred.", kind="internal-error").response()
        return Response("<html><body>Over capacity</body></html>", status, media_type="text/html")

    def rate_limited(self, call: Call, reset_in: float) -> Response:
        call.headers.update(_rate_headers(Budget(100, 0, call.practice.now() + reset_in, _WINDOW)))
        return _too_many().response()

    def token_expired(self, call: Call) -> Response:
        return _unauthorised().response()

    def token_revoked(self, call: Call) -> Response:
        return _unauthorised().response()

    def suspended(self, call: Call) -> Response:
        return _suspended().response()

    # ------------------------------------------------------------ who asks

    def _account(self, call: Call, *scopes: str) -> Account:
        kept = self._store.grants.get(f"x:access:{digest(_bearer(call.request))}")
        if kept is None or kept.get("revoked") or kept["until"] <= call.practice.now():
            raise _unauthorised()
        account = self._store.accounts.get((NETWORK, str(kept["account_id"])))
        if account is None:
            raise _unauthorised()
        if account.suspended:
            raise _suspended()
        if not set(scopes) <= set(kept["scope"].split()):
            raise XError(403, "Your client app is not configured with the appropriate oauth2 scopes.")
        return account

    def _view(self, call: Call, *, known: set[str]) -> View:
        """Raises XError for every parameter and value that X does not know."""
        query = call.request.query_params
        guided = call.practice.settings.x_guides_words
        fields = "tweet.fields" if guided else "post.fields"
        names = {fields, "expansions", "user.fields", "media.fields"}
        for name in query:
            if name not in names | known:
                raise _invalid(f"The query parameter [{name}] is not one of [{','.join(sorted(names | known))}]", name)
        lists = {name: {each for each in query.get(name, "").split(",") if each} for name in names}
        allowed = _POST_FIELDS - {"note_post"} if guided else _POST_FIELDS - _GUIDES_ONLY
        for wrong in lists[fields] - allowed:
            raise _invalid(f"The `{fields}` query parameter value [{wrong}] is not one of the allowed values", fields)
        parents = {"referenced_tweets.id", "referenced_tweets.id.author_id"} if guided else {"referenced_posts"}
        for wrong in lists["expansions"] - {"author_id", "attachments.media_keys"} - parents:
            raise _invalid(
                f"The `expansions` query parameter value [{wrong}] is not one of those allowed", "expansions"
            )
        return View(guided, lists[fields], lists["expansions"], lists["user.fields"], lists["media.fields"])

    # ------------------------------------------------------------ publishing

    async def _create(self, call: Call) -> Response:
        account = self._account(call, "tweet.read", "tweet.write", "users.read")
        body = _json(call)
        unknown = set(body) - {"text", "media", "reply", "quote_tweet_id", "reply_settings"}
        if unknown:
            raise _invalid(f"$.{sorted(unknown)[0]}: is not defined in the schema", sorted(unknown)[0])
        text = body.get("text", "")
        media = self._attached(account, body.get("media"))
        if not isinstance(text, str) or (not text.strip() and not media):
            raise _invalid("$.text: a post must have text or media", "text")
        weighed = weigh(text)
        if text.strip() and not weighed.valid:
            raise _invalid("Your Tweet text is too long.", "text")
        if len(_CASHTAG.findall(text)) > 1:
            raise XError(403, "Posts created via the API are limited to a maximum of 1 cashtag.")
        parent = self._answered(account, body.get("reply"))
        now = call.practice.now()
        if not media and self._is_duplicate(account, text, parent, now):
            raise XError(403, "You are not allowed to create a Tweet with duplicate content.")
        if parent is not None:
            whom = self._store.accounts[NETWORK, parent.account_id]
            if whom.id != account.id and not re.match(rf"\s*@{whom.handle}\b", text, re.IGNORECASE):
                text = f"@{whom.handle} {text}"
        post = self._post(account, text, parent=parent, media=media)
        post.arrived_at, post.visible_at = call.entry.arrived_at, now + call.visible_after
        self._store.put_post(post)
        for each in media:
            self._store.change_media(each, attached_to=post.id)
        sent = hashlib.sha256(str(body.get("text", "")).encode()).hexdigest()
        call.accept(remote_id=post.id, created=True, text_sha256=sent)
        shown = Shown(self._store, self._origin, View()).text(post)[0]
        made = {"id": post.id, "text": shown, "edit_history_post_ids": [post.id]}
        return JSONResponse({"data": made}, status_code=201)

    def _is_duplicate(self, account: Account, text: str, parent: Post | None, now: float) -> bool:
        last = next(self._store.own_posts(NETWORK, account.id), None)
        return (
            last is not None
            and not last.media
            and last.native.get("sent") == text
            and last.parent == (parent.id if parent else None)
            and now - last.accepted_at < 600
        )

    def _answered(self, account: Account, reply: Any) -> Post | None:
        if reply is None:
            return None
        target = reply.get("in_reply_to_tweet_id") if isinstance(reply, dict) else None
        post = self._store.post_by_id(NETWORK, str(target))
        if post is None or post.private or post.visible_at > self._practice.now():
            raise XError(404, f"Could not find post with id: [{target}].", kind="resource-not-found",
                         resource_type="post", resource_id=str(target))  # fmt: skip
        quoted = self._store.post_by_id(NETWORK, post.quoted) if post.quoted else None
        summoned = (
            post.account_id == account.id
            or account.id in {a.id for a in self._named(post.text)}
            or (quoted is not None and quoted.account_id == account.id)
        )
        if not summoned and self._practice.settings.x_replies_where_mentioned:
            raise XError(403, "Reply to this conversation is not allowed because you have not been mentioned or "
                              "otherwise engaged by the author of the post you are replying to.")  # fmt: skip
        return post

    def _attached(self, account: Account, media: Any) -> list[Media]:
        if media is None:
            return []
        ids = media.get("media_ids") if isinstance(media, dict) else None
        if not isinstance(ids, list) or not 1 <= len(ids) <= 4:
            raise _invalid("$.media.media_ids: must have 1 to 4 items", "media.media_ids")
        found = [self._store.media.get((NETWORK, account.id, str(each))) for each in ids]
        now = self._practice.now()
        there = [m for m in found if m is not None and not m.attached_to and m.created_at + MEDIA_SECONDS > now]
        if len(there) != len(ids) or any(m.ready_at > now or m.ready_at < 0 for m in there):
            raise _invalid("Your media IDs are invalid.", "media.media_ids")
        if len(there) > 1 and any(m.content_type.startswith("video/") for m in there):
            raise _invalid("A post has up to four photos or one video.", "media.media_ids")
        return there

    def _post(
        self, account: Account, text: str, *, parent: Post | None = None, quoted: Post | None = None,
        media: list[Media] | None = None, written_at: float | None = None, language: str | None = None,
    ) -> Post:  # fmt: skip
        now = self._practice.now()
        post_id = self._next_id(now)
        post = Post(
            network=NETWORK,
            account_id=account.id,
            id=post_id,
            remote_id=post_id,
            text=text,
            accepted_at=now,
            arrived_at=now,
            visible_at=now,
            key=None,
            media=[(m.id, m.alt) for m in media or ()],
            native={"kind": "post", "sent": text, "language": language},
            parent=parent.remote_id if parent else None,
            root=(parent.root or parent.remote_id) if parent else None,
            quoted=quoted.remote_id if quoted else None,
            written_at=written_at,
        )
        post.reaches = self._reaches(post, parent, quoted)
        return post

    def _reaches(self, post: Post, parent: Post | None, quoted: Post | None) -> list[Reach]:
        """Whom the text names, and whom it answers: X names them itself."""
        people = {a.id for a in self._named(post.text)} | ({parent.account_id} if parent else set())
        found: list[Reach] = []
        for account_id in sorted(people - {post.account_id}):
            answered = parent.remote_id if parent and parent.account_id == account_id else None
            found.append((account_id, "reply" if answered else "mention", answered))
        if quoted and quoted.account_id != post.account_id:
            found.append((quoted.account_id, "quote", quoted.remote_id))
        return found

    def _named(self, text: str) -> list[Account]:
        found = (self._store.by_handle(NETWORK, name) for name in _MENTION.findall(text))
        return list({a.id: a for a in found if a}.values())

    def _next_id(self, now: float) -> str:
        self._last_id = max(int((now - _EPOCH) * 1000) << 22, self._last_id + 1)
        return str(self._last_id)

    async def _delete(self, call: Call) -> Response:
        account = self._account(call, "tweet.write")
        post = self._store.post_by_id(NETWORK, self._id(call))
        if post is None:
            raise XError(404, "Could not find the post.", kind="resource-not-found", resource_type="post")
        if post.account_id != account.id:
            raise XError(403, "You are not permitted to perform this action.")
        self._store.delete_post(post)
        call.accept(remote_id=post.id, created=False)
        return JSONResponse({"data": {"deleted": True}})

    async def _hide(self, call: Call) -> Response:
        account = self._account(call, "tweet.moderate.write")
        hidden = _json(call).get("hidden")
        if not isinstance(hidden, bool):
            raise _invalid("$.hidden: is missing but it is required", "hidden")
        post = self._store.post_by_id(NETWORK, self._id(call))
        if post is None:
            raise XError(404, "Could not find the post.", kind="resource-not-found", resource_type="post")
        root = self._store.post_by_id(NETWORK, post.root or "")
        if root is None or root.account_id != account.id:
            raise XError(403, "You are not permitted to perform this action.")
        self._store.put_post(replace(post, native={**post.native, "hidden": hidden}))
        call.accept(remote_id=post.id, created=False)
        return JSONResponse({"data": {"hidden": hidden}})

    def _id(self, call: Call) -> str:
        value = str(call.request.path_params["id"])
        if not _ID.fullmatch(value):
            raise _invalid(f"The `id` query parameter value [{value}] is not valid", "id")
        return value

    # ------------------------------------------------------------ files

    async def _upload(self, call: Call) -> Response:
        account = self._account(call, "media.write")
        form = await _form(call)
        file = form.get("media")
        if not isinstance(file, UploadFile) or form.get("media_category") != "tweet_image":
            raise _invalid("$.media: is missing but it is required", "media")
        data = await _content(file)
        seen = look_at(data)
        if seen is None or len(data) > IMAGE_BYTES:
            raise _invalid("Image file size must be <= 5242880 bytes and of a known type", "media")
        now = call.practice.now()
        media = self._media(account, data, seen.content_type, now, width=seen.width, height=seen.height)
        call.accept(remote_id=media.id, created=True)
        shown = {"image_type": seen.content_type, "w": seen.width, "h": seen.height}
        return JSONResponse({"data": {**_uploaded(media), "image": shown}})

    def _media(self, account: Account, data: bytes, content_type: str, ready_at: float, **more: Any) -> Media:
        now = self._practice.now()
        media = Media(
            network=NETWORK,
            id=more.pop("media_id", None) or self._next_id(now),
            account_id=account.id,
            content_type=content_type,
            size=len(data),
            sha256=hashlib.sha256(data).hexdigest(),
            created_at=now,
            ready_at=ready_at,
            **more,
        )
        self._store.add_media(media, data)
        return media

    async def _describe(self, call: Call) -> Response:
        account = self._account(call, "media.write")
        body = _json(call)
        media = self._store.media.get((NETWORK, account.id, str(body.get("id"))))
        try:
            alt = str(body["metadata"]["alt_text"]["text"])
        except (KeyError, TypeError) as e:
            raise _invalid("$.metadata.alt_text: is missing but it is required", "metadata") from e
        if media is None or len(alt) > ALT_CHARACTERS:
            raise _invalid("$.id or $.metadata.alt_text.text: is not valid", "metadata")
        self._store.change_media(media, alt=alt)
        call.accept(remote_id=media.id, created=False)
        kept = {"alt_text": {"text": alt}}
        return JSONResponse({"data": {"id": media.id, "associated_metadata": kept}})

    async def _initialize(self, call: Call) -> Response:
        account = self._account(call, "media.write")
        body = _json(call)
        size = body.get("total_bytes")
        if body.get("media_category") != "tweet_video" or not isinstance(size, int) or not 0 < size <= VIDEO_BYTES:
            raise _invalid("$.total_bytes: must be at most 536870912", "total_bytes")
        media_id = self._next_id(call.practice.now())
        self._parts[media_id] = (account.id, size, {})
        call.accept(remote_id=media_id, created=False)
        kept = {"id": media_id, "media_key": media_key(media_id, "video/mp4"), "expires_after_secs": 86_399}
        return JSONResponse({"data": kept})

    async def _append(self, call: Call) -> Response:
        account = self._account(call, "media.write")
        owner, _, segments = self._parts.get(self._id(call), ("", 0, {}))
        form = await _form(call)
        file, index = form.get("media"), str(form.get("segment_index", ""))
        if owner != account.id or not isinstance(file, UploadFile) or not index.isdecimal() or int(index) > 999:
            raise _invalid("$.segment_index or the media id: is not valid", "segment_index")
        segments[int(index)] = await _content(file)
        call.accept(remote_id=self._id(call), created=False)
        return JSONResponse({"data": {"expires_at": int(call.practice.now()) + 86_399}})

    async def _finalize(self, call: Call) -> Response:
        account = self._account(call, "media.write")
        media_id = self._id(call)
        owner, size, segments = self._parts.get(media_id, ("", 0, {}))
        data = b"".join(segments[index] for index in sorted(segments))
        if owner != account.id or len(data) != size:
            raise _invalid("The segments do not add up to total_bytes", "id")
        del self._parts[media_id]
        now = call.practice.now()
        # What is no MP4 fails while it is processed, as at X; a negative moment stands for that.
        ready = now + call.practice.settings.media_processing_seconds if data[4:8] == b"ftyp" else -1.0
        media = self._media(account, data, "video/mp4", ready, media_id=media_id)
        call.accept(remote_id=media.id, created=True)
        waiting = {"state": "pending", "check_after_secs": 1}
        return JSONResponse({"data": {**_uploaded(media), "processing_info": waiting}})

    async def _status(self, call: Call) -> Response:
        account = self._account(call, "media.write")
        query = call.request.query_params
        media = self._store.media.get((NETWORK, account.id, query.get("media_id", "")))
        now = call.practice.now()
        if media is None or media.created_at + MEDIA_SECONDS <= now:
            raise _invalid("The `media_id` query parameter value is not valid", "media_id")
        state: dict[str, Any] = {"state": "succeeded", "progress_percent": 100}
        if media.ready_at < 0:
            state = {"state": "failed", "progress_percent": 0}
        elif media.ready_at > now:
            state = {"state": "in_progress", "check_after_secs": 1, "progress_percent": 50}
        return JSONResponse({"data": {**_uploaded(media), "processing_info": state}})

    async def _file(self, request: Request) -> Response:
        media = self._store.media_by_id(NETWORK, request.path_params["id"])
        if media is None:
            return Response(status_code=404)
        return blob_response(self._store.blob_path(media), media.content_type)

    # ------------------------------------------------------------ reading

    async def _me(self, call: Call) -> Response:
        account = self._account(call, "tweet.read", "users.read")
        view = self._view(call, known=set())
        return JSONResponse({"data": Shown(self._store, self._origin, view).user(account)})

    async def _user(self, call: Call) -> Response:
        self._account(call, "tweet.read", "users.read")
        view = self._view(call, known=set())
        account = self._store.accounts.get((NETWORK, self._id(call)))
        if account is None:
            return JSONResponse({"errors": [{**not_found(self._id(call)), "resource_type": "user"}]})
        return JSONResponse({"data": Shown(self._store, self._origin, view).user(account)})

    async def _one(self, call: Call) -> Response:
        self._account(call, "tweet.read", "users.read")
        view = self._view(call, known=set())
        post = self._visible(self._id(call))
        if post is None:
            return JSONResponse({"errors": [not_found(self._id(call))]})
        shown = Shown(self._store, self._origin, view).posts([post])
        return JSONResponse({**shown, "data": shown["data"][0]})

    async def _several(self, call: Call) -> Response:
        self._account(call, "tweet.read", "users.read")
        view = self._view(call, known={"ids"})
        ids = call.request.query_params.get("ids", "").split(",")
        if not 1 <= len(ids) <= 100 or not all(_ID.fullmatch(each) for each in ids):
            raise _invalid("The `ids` query parameter value is not valid", "ids")
        found = {each: self._visible(each) for each in ids}
        posts = [post for post in found.values() if post]
        answer = Shown(self._store, self._origin, view).posts(posts) if posts else {}
        errors = [not_found(each, "ids") for each, post in found.items() if post is None]
        return JSONResponse({**answer, **({"errors": errors} if errors else {})})

    def _visible(self, post_id: str) -> Post | None:
        post = self._store.post_by_id(NETWORK, post_id)
        return post if post and post.visible_at <= self._practice.now() and not post.private else None

    async def _own_posts(self, call: Call) -> Response:
        self._account(call, "tweet.read", "users.read")
        view = self._view(call, known={*_PAGING, "exclude"})
        account_id = self._id(call)
        return self._list(call, view, lambda post: post.account_id == account_id, 5)

    async def _mentions(self, call: Call) -> Response:
        self._account(call, "tweet.read", "users.read")
        view = self._view(call, known=_PAGING)
        account_id = self._id(call)

        def mentions(post: Post) -> bool:
            return any(reach[0] == account_id and reach[1] in ("mention", "reply") for reach in post.reaches)

        return self._list(call, view, mentions, 5)

    async def _search(self, call: Call) -> Response:
        self._account(call, "tweet.read", "users.read")
        view = self._view(call, known={*_PAGING, "query", "next_token", "sort_order"})
        words = call.request.query_params.get("query", "")
        if not words or len(words) > QUERY_CHARACTERS:
            raise _invalid(f"The query must have 1 to {QUERY_CHARACTERS} characters", "query")
        # Operators are told apart before the words: the shared syntax would take -from for a positive one.
        without = {name.lower() for name in re.findall(r"-from:(\w+)", words)}
        asked = query_of(re.sub(r"[()]", " ", re.sub(r"-from:\w+", " ", words)))

        def matches(post: Post) -> bool:
            author = self._store.accounts[NETWORK, post.account_id].handle.lower()
            if author in without or asked.named.get("from", author).lower() != author:
                return False
            tags = {words_of(tag).strip() for tag in re.findall(r"#(\w+)", post.text)}
            return asked.matches(post.words) and set(asked.tags) <= tags

        week = call.practice.now() - 7 * 86_400
        return self._list(call, view, matches, 10, earliest=week)

    async def _private(self, call: Call) -> Response:
        account = self._account(call, "dm.read", "tweet.read", "users.read")
        query = call.request.query_params
        lists = {"event_types": _EVENT_TYPES, "dm_event.fields": _EVENT_FIELDS, "expansions": _EVENT_EXPANSIONS}
        if call.practice.settings.x_guides_words:
            lists["dm_event.fields"] = _EVENT_FIELDS | {"sender_id"}
        for name, text in query.items():
            if name not in {*lists, "user.fields", "max_results", "pagination_token"}:
                raise _invalid(f"The query parameter [{name}] is not known", name)
            if name in lists and not set(text.split(",")) <= lists[name]:
                raise _invalid(f"The `{name}` query parameter value [{text}] is not allowed", name)
        found = [
            post
            for post in self._store.private_of(NETWORK, account.id)
            if "MessageCreate" in query.get("event_types", "MessageCreate")
            and post.sort_at >= call.practice.now() - 30 * 86_400
        ]
        size, token = query.get("max_results", "100"), query.get("pagination_token", "")
        if not size.isdecimal() or not 1 <= int(size) <= 100:
            raise _invalid(f"The `max_results` query parameter value [{size}] is not between 1 and 100", "max_results")
        if token:
            after = token.lstrip("0")
            if not _ID.fullmatch(after) or not any(post.id == after for post in found):
                raise _invalid("The `pagination_token` query parameter value is not valid", "pagination_token")
            found = found[next(i for i, post in enumerate(found) if post.id == after) + 1 :]
        given = found[: int(size)]
        view = View(user_fields=set(query.get("user.fields", "").split(",")))
        shown = Shown(self._store, self._origin, view)
        fields = set(query.get("dm_event.fields", "").split(","))
        sender = "sender_id" in fields or "sender_id" in query.get("expansions", "")
        answer: dict[str, Any] = {"meta": {"result_count": len(given)}}
        if given:
            answer["data"] = [shown.private(post, fields, sender=sender) for post in given]
            if "sender_id" in query.get("expansions", ""):
                people = dict.fromkeys(post.account_id for post in given)
                answer["includes"] = {"users": [shown.user(self._store.accounts[NETWORK, each]) for each in people]}
        if len(found) > len(given):
            answer["meta"]["next_token"] = given[-1].id.zfill(20)
        return JSONResponse(answer)

    def _list(self, call: Call, view: View, wanted: Any, least: int, *, earliest: float | None = None) -> Response:
        query = call.request.query_params
        size = query.get("max_results", "10")
        if not size.isdecimal() or not least <= int(size) <= 100:
            raise _invalid(f"The `max_results` query parameter value [{size}] is not between {least} and 100",
                           "max_results")  # fmt: skip
        since = _moment(query.get("start_time"), "start_time")
        if earliest is not None and since is not None and since < earliest:
            raise _invalid("'start_time' must be on or after seven days ago", "start_time")
        token = query.get("pagination_token") or query.get("next_token")
        found = self._after(token, since if since is not None else earliest)
        page = list(itertools.islice((post for post in found if wanted(post)), int(size) + 1))
        given = page[: int(size)]
        meta: dict[str, Any] = {"result_count": len(given)}
        if given:
            meta |= {"newest_id": given[0].id, "oldest_id": given[-1].id}
        if len(page) > len(given):
            meta["next_token"] = f"{given[-1].sort_at!r}-{given[-1].id}"
        answer = Shown(self._store, self._origin, view).posts(given) if given else {}
        return JSONResponse({**answer, "meta": meta})

    def _after(self, token: str | None, since: float | None) -> Iterator[Post]:
        if not token:
            return self._store.newest(NETWORK, since=since)
        at, _, post_id = token.partition("-")
        try:
            until = float(at)
        except ValueError:
            raise _invalid("The `pagination_token` query parameter value is not valid", "pagination_token") from None
        posts = self._store.newest(NETWORK, since=since, until=until + 1e-6)
        return (post for post in posts if (post.sort_at, int(post.id)) < (until, int(post_id or 0)))

    # ------------------------------------------------------------ what citizens write

    def citizen(self, name: str) -> tuple[str, str]:
        handle = name[:15]
        return user_id_for(handle), handle

    def write(self, author: Account, message: Message) -> Post:
        """A reply names whom it answers, as X itself puts it; a private message says nothing but its text."""
        if message.private:
            return self._write_privately(author, message)
        parent = message.reply_to
        wanted = [message.mention] if message.mention else []
        if parent:
            wanted.append(self._store.accounts[NETWORK, parent.account_id])
        present = {a.id for a in (author, *self._named(message.text))}
        missing = {a.id: f"@{a.handle}" for a in wanted if a.id not in present}
        text = self._checked(" ".join([*missing.values(), message.text.strip()]))
        post = self._post(
            author, text, parent=parent, quoted=message.quote, written_at=message.written_at, language=message.language
        )
        self._store.put_post(post)
        return post

    def _write_privately(self, author: Account, message: Message) -> Post:
        if message.mention is None or message.reply_to or message.quote:
            raise BadRequest("mention", "a private message on X is for one account, which mention names")
        text = message.text.strip()
        if not text or len(text) > PRIVATE_CHARACTERS:
            raise BadRequest("text", f"text must have 1 to {PRIVATE_CHARACTERS} characters")
        post = self._post(author, text, written_at=message.written_at, language=message.language)
        post.private, post.reaches = True, [(message.mention.id, "private", None)]
        self._store.put_post(post)
        return post

    def edit(self, post: Post, text: str) -> Post:
        if post.private:
            raise BadRequest("remote_id", "a private message on X cannot be edited")
        edited = replace(post, text=self._checked(text.strip()), sha256="", edited_at=self._practice.now())
        self._store.put_post(edited)
        return edited

    def url(self, post: Post) -> str:
        return f"/x/{quote(self._store.accounts[NETWORK, post.account_id].handle)}/status/{post.id}"

    @staticmethod
    def _checked(text: str) -> str:
        if not text:
            raise BadRequest("text", "text must not be empty")
        if not weigh(text).valid:
            raise BadRequest("text", "text must weigh 280 at most, as X counts")
        return text


def _rate_headers(left: Budget) -> dict[str, str]:
    return {
        "x-rate-limit-limit": str(left.limit),
        "x-rate-limit-remaining": str(left.remaining),
        "x-rate-limit-reset": str(int(left.reset_at)),
    }


def _too_many() -> XError:
    return XError(429, "Too Many Requests", code=88)


def _unauthorised() -> XError:
    return XError(401, "Unauthorized")


def _suspended() -> XError:
    return XError(403, "Your account is suspended and is not permitted to access this feature.", code=64)


def _invalid(detail: str, parameter: str) -> XError:
    return XError(400, detail, kind="invalid-request", parameter=parameter)


def _uploaded(media: Media) -> dict[str, Any]:
    key = media_key(media.id, media.content_type)
    return {"id": media.id, "media_key": key, "size": media.size, "expires_after_secs": 86_400}


def _moment(text: str | None, name: str) -> float | None:
    if text is None:
        return None
    try:
        return datetime.fromisoformat(text).timestamp()
    except ValueError:
        raise _invalid(f"The `{name}` query parameter value [{text}] is not a valid date-time", name) from None


def _json(call: Call) -> dict[str, Any]:
    try:
        value = call.json()
    except ValueError as e:
        raise _invalid("The body is not JSON", "body") from e
    if not isinstance(value, dict):
        raise _invalid("The body must be an object", "body")
    return value


async def _form(call: Call) -> dict[str, Any]:
    try:
        return dict((await call.request.form(max_part_size=1 << 20)).items())
    except (MultiPartException, FormParserError, AssertionError) as e:
        raise _invalid("The form cannot be read", "body") from e


async def _content(file: UploadFile) -> bytes:
    """As it came, or from base64 where the part says so (media/quickstart/best-practices)."""
    data = await file.read()
    if file.headers.get("content-transfer-encoding", "").lower() != "base64":
        return data
    try:
        return base64.b64decode(data, validate=True)
    except ValueError as e:
        raise _invalid("The media is not base64", "media") from e


def _bearer(request: Request) -> str:
    header = request.headers.get("authorization", "")
    return header[7:].strip() if header[:7].lower() == "bearer " else ""
