"""The part of Meta's Graph API that an Instagram professional account is published to, answered and read with.

Sources: developers.facebook.com (instagram-platform/content-publishing, instagram-graph-api/reference), 2026-06, and
Meta's specification (facebook-business-sdk-codegen, api_specs: IGUser, IGMedia, IGComment); tests hold the fields to
it. An account is reached with the token of the Page that it stands behind (meta_login.py). Comments are posts of the
store, below what they answer. Not built: stories, hashtags, tags of products, the webhook.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from starlette.convertors import Convertor, register_url_convertor
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from .containers import Held
from .exchange import Call, Handler, Practice, endpoint
from .graph_answers import (
    Chosen,
    Failing,
    GraphError,
    answering,
    bearer_of,
    chosen,
    counted,
    fields_of,
    iso,
    no_such,
    paged,
    parameters_of,
)
from .graph_fields import Asked, read
from .meta_login import Tokens, instagram_behind
from .posting import BadRequest, Message
from .store import Account, Media, Post, Reach

NETWORK = "instagram"
CHARACTERS = 2_200
HASHTAGS = 30
IMAGE_BYTES = 8 * 1024 * 1024
POSTS_A_DAY = 100
DAY = 86_400.0

USER_FIELDS = {
    "id", "username", "name", "profile_picture_url", "followers_count", "follows_count", "media_count", "biography",
}  # fmt: skip
MEDIA_FIELDS = {
    "id", "caption", "media_type", "media_product_type", "media_url", "permalink", "timestamp", "username", "owner",
    "children", "comments", "comments_count", "like_count", "insights", "alt_text",
}  # fmt: skip
COMMENT_FIELDS = {
    "id", "text", "timestamp", "username", "from", "parent_id", "like_count", "hidden", "replies", "media",
}  # fmt: skip
CONTAINER_FIELDS = {"id", "status", "status_code"}
_METRICS = {"views": 900, "shares": 9, "reach": 700, "likes": 40, "comments": 20, "saved": 9}
_ID = r"1[78]\d{15}"


class _Id(Convertor[str]):
    """Ids of 17 digits, which tell Instagram's nodes from Facebook's."""

    regex = _ID

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return value


register_url_convertor("instagram", _Id())


def user_id_for(handle: str) -> str:
    n = int.from_bytes(hashlib.sha256(f"instagram:{handle.lower()}".encode()).digest()[:8], "big")
    return f"17841{n % 10**12:012d}"


class Instagram(Failing):
    network = NETWORK
    usage = "instagram"

    def __init__(self, practice: Practice, tokens: Tokens) -> None:
        self._practice = practice
        self._store = practice.store
        self._origin = practice.public_url
        self._tokens = tokens
        self._held = Held(practice, NETWORK)

    def routes(self) -> list[Route]:
        """To stand before Facebook's, which take any id."""
        methods: list[tuple[str, str, str, Handler]] = [
            ("POST", "/{id:instagram}/media", "upload", self._contain),
            ("GET", "/{id:instagram}/media", "read", self._media),
            ("POST", "/{id:instagram}/media_publish", "publish", self._publish),
            ("GET", "/{id:instagram}/content_publishing_limit", "read", self._limit),
            ("GET", "/{id:instagram}/tags", "read", self._tags),
            ("POST", "/{id:instagram}/mentions", "publish", self._answer_mention),
            ("GET", "/{id:instagram}/comments", "read", self._below),
            ("POST", "/{id:instagram}/comments", "publish", self._answer),
            ("GET", "/{id:instagram}/replies", "read", self._below),
            ("POST", "/{id:instagram}/replies", "publish", self._answer),
            ("POST", "/{id:instagram}", "publish", self._change),
            ("DELETE", "/{id:instagram}", "delete", self._delete),
            ("GET", "/{id:instagram}", "read", self._node),
        ]
        prefix = "/{version:graph}"
        several = endpoint(self._practice, self, "read", answering(self._several))
        return [
            *(
                Route(prefix + path, endpoint(self._practice, self, operation, answering(handler)), methods=[verb])
                for verb, path, operation, handler in methods
            ),
            Chosen(f"{prefix}/", several, methods=["GET"], where=lambda q: bool(re.match(_ID, q.get("ids", "")))),
            Route("/instagram/files/{id}", self._held.file),
        ]

    def identify(self, request: Request) -> Account | None:
        kept = self._tokens.read(bearer_of(request.headers, request.query_params), "page")
        return instagram_behind(self._store, kept["page"]) if kept else None

    # ------------------------------------------------------------ who asks

    def _account(self, call: Call) -> Account:
        if call.account is None:
            raise GraphError(190, "Invalid OAuth access token - Cannot parse access token", status=401)
        if call.account.suspended:
            raise GraphError(25, "The user's Instagram account is restricted.", subcode=2207050)
        return call.account

    def _own(self, call: Call) -> Account:
        account = self._account(call)
        if call.request.path_params["id"] != account.id:
            raise no_such(call.request.path_params["id"])
        return account

    # ------------------------------------------------------------ publishing

    async def _contain(self, call: Call) -> Response:
        account, asked = self._own(call), await parameters_of(call)
        text, part = str(asked.get("caption", "")), str(asked.get("is_carousel_item", "")).lower() == "true"
        if len(text) > CHARACTERS:
            raise GraphError(36004, "The caption is too long.", subcode=2207010)
        if len(re.findall(r"#\w+", text)) > HASHTAGS:
            raise GraphError(100, "The caption has too many hashtags.", subcode=2207040)
        kind = str(asked.get("media_type", "IMAGE"))
        if kind == "CAROUSEL":
            return self._carousel(call, account, text, str(asked.get("children", "")))
        video = kind in ("VIDEO", "REELS", "STORIES")
        url = asked.get("video_url" if video else "image_url")
        if not url or kind not in ("IMAGE", "VIDEO", "REELS") or (kind == "VIDEO" and not part):
            raise GraphError(100, "The media type is not one of the expected.", subcode=2207023)
        media = await self._held.fetch(
            account,
            str(url),
            alt="" if video else str(asked.get("alt_text", "")),
            video=video,
            types=("image/jpeg",),
            most=300_000_000 if video else IMAGE_BYTES,
        )
        if not video and not 0.795 <= (media.width or 0) / (media.height or 1) <= 1.915:
            raise GraphError(36003, "The aspect ratio is not supported.", subcode=2207009)
        made = self._held.add(call, account, kind=kind, text=text, part=part, file=media.id)
        return JSONResponse({"id": made.id})

    def _carousel(self, call: Call, account: Account, text: str, children: str) -> Response:
        ids = [each for each in children.split(",") if each]
        found = [self._held.find(account, each) for each in ids]
        if not 2 <= len(ids) <= 10 or any(each is None or not each.part for each in found):
            raise GraphError(100, "The carousel has the wrong children.", subcode=2207028)
        if any(self._held.status(each) != "FINISHED" for each in found if each):
            raise GraphError(9007, "Media ID is not available", subcode=2207027)
        made = self._held.add(call, account, kind="CAROUSEL", text=text, parts=ids)
        return JSONResponse({"id": made.id})

    async def _publish(self, call: Call) -> Response:
        account = self._own(call)
        container = self._held.find(account, str((await parameters_of(call)).get("creation_id", "")))
        if container is None:
            raise GraphError(24, "The requested resource does not exist.", subcode=2207008)
        if container.part:
            raise GraphError(100, "A carousel item cannot be published alone.", subcode=2207028)
        status = self._held.status(container)
        if status == "EXPIRED":
            raise GraphError(-2, "The media you are trying to access has expired.", subcode=2207020)
        if status in ("IN_PROGRESS", "ERROR"):
            raise GraphError(9007, "Media ID is not available", subcode=2207027)
        if self._practice.settings.rate_limits and self._used(account) >= POSTS_A_DAY:
            raise GraphError(9, "You reached maximum number of posts that is allowed.", subcode=2207042)
        media = self._held.files(container)
        native = {"kind": "post", "media_type": _type(container.kind)}
        post = self._put(call, account, "1800", container.text, media, native, key=container.id)
        self._held.published(container, post.id)
        return JSONResponse({"id": post.id})

    def _used(self, account: Account) -> int:
        since = self._practice.now() - DAY
        own = self._store.own_posts(NETWORK, account.id)
        return sum(post.native["kind"] == "post" and post.accepted_at > since for post in own)

    def _put(
        self, call: Call, account: Account, prefix: str, text: str, media: Sequence[Media], native: dict[str, Any],
        *, key: str | None = None, parent: str | None = None, root: str | None = None,
    ) -> Post:  # fmt: skip
        now, post_id = self._practice.now(), self._held.next_id(prefix)
        post = Post(
            network=NETWORK,
            account_id=account.id,
            id=post_id,
            remote_id=post_id,
            text=text,
            accepted_at=now,
            arrived_at=call.entry.arrived_at,
            visible_at=now + call.visible_after,
            key=key,
            media=[(each.id, each.alt) for each in media],
            native=native,
            parent=parent,
            root=root,
        )
        self._store.put_post(post)
        call.accept(remote_id=post.id, created=True, text_sha256=post.sha256)
        return post

    async def _limit(self, call: Call) -> Response:
        account = self._own(call)
        row = {"quota_usage": self._used(account), "config": {"quota_total": POSTS_A_DAY, "quota_duration": int(DAY)}}
        wanted = {asked.name for asked in fields_of(call, "quota_usage")}
        return JSONResponse({"data": [{name: value for name, value in row.items() if name in wanted}]})

    # ------------------------------------------------------------ comments

    async def _answer(self, call: Call) -> Response:
        account = self._account(call)
        return self._comment(call, account, self._post(call.request.path_params["id"]), await parameters_of(call))

    async def _answer_mention(self, call: Call) -> Response:
        account, asked = self._own(call), await parameters_of(call)
        target = self._post(str(asked.get("comment_id") or asked.get("media_id", "")))
        if not any(reach[0] == account.id and reach[1] == "mention" for reach in target.reaches):
            raise GraphError(10, "(#10) Application does not have permission for this action", status=403)
        return self._comment(call, account, target, asked)

    def _comment(self, call: Call, account: Account, target: Post, asked: dict[str, Any]) -> Response:
        text = str(asked.get("message", "")).strip()
        if not text or len(text) > CHARACTERS:
            raise GraphError(100, "(#100) Param message must have 1 to 2200 characters")
        parent, root = self._filed(target)
        post = self._put(
            call, account, "1790", text, [], {"kind": "comment", "hidden": False}, parent=parent, root=root
        )
        return JSONResponse({"id": post.id})

    def _filed(self, target: Post) -> tuple[str, str]:
        """Below what an answer is filed, and the post: there is one level of answers."""
        if target.native["kind"] == "post":
            return target.id, target.id
        answered = target.id if target.parent == target.root else str(target.parent)
        return answered, str(target.root)

    async def _change(self, call: Call) -> Response:
        account, post = self._account(call), self._post(call.request.path_params["id"])
        asked = await parameters_of(call)
        if post.native["kind"] != "comment" or "hide" not in asked:
            raise GraphError(100, "(#100) Invalid parameter")
        if self._post(str(post.root)).account_id != account.id:
            raise GraphError(10, "(#10) Application does not have permission for this action", status=403)
        hidden = str(asked["hide"]).lower() == "true"
        self._store.put_post(replace(post, native={**post.native, "hidden": hidden}))
        call.accept(remote_id=post.id, created=False)
        return JSONResponse({"success": True})

    async def _delete(self, call: Call) -> Response:
        account, post = self._account(call), self._post(call.request.path_params["id"])
        above = self._store.post_by_id(NETWORK, str(post.root)) if post.root else post
        if account.id not in (post.account_id, above.account_id if above else ""):
            raise GraphError(10, "(#10) Application does not have permission for this action", status=403)
        self._store.delete_post(post)
        call.accept(remote_id=post.id, created=False)
        return JSONResponse({"success": True})

    # ------------------------------------------------------------ what citizens do

    def citizen(self, name: str) -> tuple[str, str]:
        return user_id_for(name), name

    def write(self, author: Account, message: Message) -> Post:
        """A comment, or, where nothing is answered, a post, in which whom it mentions is tagged; or, in private, what
        only they read."""
        if message.quote:
            raise BadRequest("quote", "there are no quotes on the practice Instagram")
        if message.private and (message.mention is None or message.reply_to):
            raise BadRequest("mention", "a private message on Instagram is for one account, which mention names")
        if not 1 <= len(message.text) <= CHARACTERS:
            raise BadRequest("text", f"a text on Instagram has 1 to {CHARACTERS} characters")
        now = self._practice.now()
        text, reaches = message.text, list[Reach]()
        parent = root = None
        native: dict[str, Any] = {"kind": "post", "media_type": "IMAGE"}
        if message.reply_to:
            parent, root = self._filed(message.reply_to)
            above = self._store.post_by_id(NETWORK, root)
            reaches = [(above.account_id, "comment", root)] if above else []
            native = {"kind": "comment", "hidden": False}
        if message.private and message.mention:
            reaches, native = [(message.mention.id, "private", None)], {"kind": "private"}
        elif message.mention:
            handle = f"@{message.mention.handle}"
            text = text if handle in text else f"{handle} {text}"
            if not message.reply_to:
                reaches.append((message.mention.id, "mention", None))
        post_id = self._held.next_id("1790" if message.reply_to else "1800")
        post = Post(
            network=NETWORK,
            account_id=author.id,
            id=post_id,
            remote_id=post_id,
            text=text,
            accepted_at=now,
            arrived_at=now,
            visible_at=now,
            key=None,
            media=[],
            native=native,
            parent=parent,
            root=root,
            written_at=message.written_at,
            private=message.private,
            reaches=reaches,
        )
        self._store.put_post(post)
        return post

    def edit(self, post: Post, text: str) -> Post:
        raise BadRequest("text", "nothing is edited on the practice Instagram")

    def url(self, post: Post) -> str:
        return f"/p/{post.id}"

    # ------------------------------------------------------------ reading

    def _post(self, post_id: str) -> Post:
        post = self._store.post_by_id(NETWORK, post_id)
        if post is None or post.private or post.visible_at > self._practice.now():
            raise no_such(post_id)
        return post

    async def _node(self, call: Call) -> Response:
        return JSONResponse(self._node_json(self._account(call), call.request.path_params["id"], call))

    async def _several(self, call: Call) -> Response:
        account = self._account(call)
        ids = [each for each in call.request.query_params.get("ids", "").split(",") if each]
        return JSONResponse({each: self._node_json(account, each, call) for each in ids[:50]})

    def _node_json(self, account: Account, node: str, call: Call) -> dict[str, Any]:
        if node == account.id:
            return self._user_json(account, fields_of(call, "id"))
        container = self._held.find(account, node)
        if container is not None:
            status = self._held.status(container)
            words = f"Error: Media upload has failed with error code {container.error}" if status == "ERROR" else status
            values: dict[str, Callable[[Asked], Any]] = {
                "id": lambda _: container.id,
                "status_code": lambda _: status,
                "status": lambda _: words,
            }
            return chosen(values, fields_of(call, "id"), "IGContainer", CONTAINER_FIELDS)
        post = self._post(node)
        if post.native["kind"] == "comment":
            return self._comment_json(post, fields_of(call, "id,text,timestamp"))
        return self._media_json(post, fields_of(call, "id"))

    async def _media(self, call: Call) -> Response:
        account, query = self._own(call), call.request.query_params
        fields = fields_of(call, "id")
        own = [post for post in self._store.own_posts(NETWORK, account.id) if post.native["kind"] == "post"]
        own.sort(key=lambda post: post.accepted_at, reverse=True)
        rows = [(post.id, lambda post=post: self._media_json(post, fields)) for post in own]
        return JSONResponse(paged(rows, query.get("limit"), query.get("after")))

    async def _tags(self, call: Call) -> Response:
        account, query = self._own(call), call.request.query_params
        fields = fields_of(call, "id")
        told = [post for notice, post in self._store.notices(NETWORK, account.id) if notice.kind == "mention"]
        rows = [(post.id, lambda post=post: self._media_json(post, fields)) for post in told]
        return JSONResponse(paged(rows, query.get("limit"), query.get("after")))

    async def _below(self, call: Call) -> Response:
        account, post = self._account(call), self._post(call.request.path_params["id"])
        above = self._post(str(post.root)) if post.root else post
        if above.account_id != account.id:
            raise no_such(post.id)
        asked = Asked("comments", dict(call.request.query_params), fields_of(call, "id,text,timestamp"))
        return JSONResponse(self._below_json(post, asked))

    def _below_json(self, post: Post, asked: Asked) -> dict[str, Any]:
        """Comments come newest first, answers to one oldest first."""
        found = self._store.children(post)
        if post.native["kind"] == "post":
            found.reverse()
        fields = asked.fields or read("id,text,timestamp")
        rows = [(each.id, lambda each=each: self._comment_json(each, fields)) for each in found]
        return paged(rows, asked.arguments.get("limit"), asked.arguments.get("after"))

    def _user_json(self, account: Account, fields: Sequence[Asked]) -> dict[str, Any]:
        values: dict[str, Callable[[Asked], Any]] = {
            "id": lambda _: account.id,
            "username": lambda _: account.handle,
            "name": lambda _: account.display_name,
            "biography": lambda _: "",
            "profile_picture_url": lambda _: f"{self._origin}/avatars/instagram/{account.handle}.svg",
            "followers_count": lambda _: account.followers or counted(account.id, 400),
            "follows_count": lambda _: account.following,
            "media_count": lambda _: sum(
                post.native["kind"] == "post" for post in self._store.own_posts(NETWORK, account.id)
            ),
        }
        return chosen(values, fields, "IGUser", USER_FIELDS)

    def _media_json(self, post: Post, fields: Sequence[Asked]) -> dict[str, Any]:
        author = self._store.accounts[NETWORK, post.account_id]
        many = len(post.media) > 1
        values: dict[str, Callable[[Asked], Any]] = {
            "id": lambda _: post.id,
            "caption": lambda _: post.text or None,
            "media_type": lambda _: post.native["media_type"],
            "media_product_type": lambda _: "FEED",
            "media_url": lambda _: f"{self._origin}/instagram/files/{post.media[0][0]}" if post.media else None,
            "alt_text": lambda _: post.media[0][1] if post.media and not many else None,
            "permalink": lambda _: f"{self._origin}{self.url(post)}",
            "timestamp": lambda _: iso(post.accepted_at),
            "username": lambda _: author.handle,
            "owner": lambda _: None if author.citizen else {"id": author.id},
            "children": lambda _: {"data": [{"id": each} for each, _ in post.media]} if many else None,
            "comments": lambda asked: self._below_json(post, asked),
            "comments_count": lambda _: self._store.counts(post).replies,
            "like_count": lambda _: self._store.counts(post).likes,
            "insights": lambda asked: _insights(post, asked),
        }
        return chosen(values, fields, "IGMedia", MEDIA_FIELDS)

    def _comment_json(self, post: Post, fields: Sequence[Asked]) -> dict[str, Any]:
        author = self._store.accounts[NETWORK, post.account_id]
        values: dict[str, Callable[[Asked], Any]] = {
            "id": lambda _: post.id,
            "text": lambda _: post.text,
            "timestamp": lambda _: iso(post.accepted_at),
            "username": lambda _: author.handle,
            "from": lambda _: {"id": author.id, "username": author.handle},
            "parent_id": lambda _: post.parent if post.parent != post.root else None,
            "like_count": lambda _: self._store.counts(post).likes,
            "hidden": lambda _: post.native["hidden"],
            "replies": lambda asked: below if (below := self._below_json(post, asked))["data"] else None,
            "media": lambda asked: self._media_json(self._post(str(post.root)), asked.fields or read("id")),
        }
        return chosen(values, fields, "IGComment", COMMENT_FIELDS)


def _type(kind: str) -> str:
    return {"CAROUSEL": "CAROUSEL_ALBUM", "IMAGE": "IMAGE"}.get(kind, "VIDEO")


def _insights(post: Post, asked: Asked) -> dict[str, Any]:
    rows = []
    for metric in asked.arguments.get("metric", "").split(","):
        if metric not in _METRICS:
            raise GraphError(100, "(#100) The value must be a valid insights metric", subcode=2108006)
        value = counted(f"{metric}{post.id}", _METRICS[metric])
        rows.append({"name": metric, "period": "lifetime", "values": [{"value": value}]})
    return {"data": rows}
