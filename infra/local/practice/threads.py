"""The part of the Threads API that an account is published to, answered, searched and read with.

Sources: developers.facebook.com/docs/threads, 2026-06 to 2026-09, and Meta's Postman collection
(fbsamples/threads_api), to which tests hold the fields. The paths begin with v1.0, as the documentation's do, which
tells them from Facebook's on this one origin. Replies are posts. Not built: polls, quotes, reposts, topics, locations,
the webhook.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import regex
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from .containers import Held
from .exchange import Call, Handler, Practice, endpoint
from .graph_answers import (
    Failing,
    GraphError,
    answering,
    bearer_of,
    chosen,
    counted,
    fields_of,
    iso,
    moment,
    no_such,
    paged,
    parameters_of,
)
from .graph_fields import Asked
from .meta_login import Tokens
from .posting import BadRequest, Message
from .searching import query_of
from .store import Account, Media, Post, Reach

NETWORK = "threads"
CHARACTERS = 500
LINKS = 5
IMAGE_BYTES = 8 * 1024 * 1024
POSTS_A_DAY = 250
REPLIES_A_DAY = 1_000
DAY = 86_400.0
_EMOJI = regex.compile(r"\p{Emoji_Presentation}|[\ufe0f\u20e3]|[\U0001f1e6-\U0001f1ff]")

USER_FIELDS = {"id", "username", "name", "threads_profile_picture_url", "threads_biography", "is_verified"}
POST_FIELDS = {
    "id", "media_product_type", "media_type", "media_url", "permalink", "username", "text", "timestamp", "shortcode",
    "children", "is_quote_post", "has_replies", "alt_text", "owner",
}  # fmt: skip
REPLY_FIELDS = (POST_FIELDS - {"owner"}) | {
    "root_post", "replied_to", "is_reply", "is_reply_owned_by_me", "hide_status",
}  # fmt: skip
CONTAINER_FIELDS = {"id", "status", "error_message"}
QUOTA_FIELDS = {"quota_usage", "config", "reply_quota_usage", "reply_config"}
POST_METRICS = {"views", "likes", "replies", "reposts", "quotes", "shares"}
ACCOUNT_METRICS = {"views", "likes", "replies", "reposts", "quotes", "clicks", "followers_count"}


def user_id_for(handle: str) -> str:
    n = int.from_bytes(hashlib.sha256(f"threads:{handle.lower()}".encode()).digest()[:8], "big")
    return f"27841{n % 10**12:012d}"


class Threads(Failing):
    network = NETWORK
    usage = "threads"

    def __init__(self, practice: Practice, tokens: Tokens) -> None:
        self._practice = practice
        self._store = practice.store
        self._origin = practice.public_url
        self._tokens = tokens
        self._held = Held(practice, NETWORK)

    def routes(self) -> list[Route]:
        """To stand before Facebook's, which take any version."""
        methods: list[tuple[str, str, str, Handler]] = [
            ("GET", "/me", "session", self._me),
            ("POST", "/me/threads", "upload", self._contain),
            ("GET", "/me/threads", "read", self._posts),
            ("GET", "/me/replies", "read", self._own_replies),
            ("GET", "/me/mentions", "read", self._mentions),
            ("POST", "/me/threads_publish", "publish", self._publish),
            ("GET", "/me/threads_publishing_limit", "read", self._limit),
            ("GET", "/me/threads_insights", "read", self._account_insights),
            ("GET", "/keyword_search", "read", self._search),
            ("GET", "/{id:int}/replies", "read", self._replies),
            ("GET", "/{id:int}/conversation", "read", self._conversation),
            ("POST", "/{id:int}/manage_reply", "publish", self._manage),
            ("GET", "/{id:int}/insights", "read", self._insights),
            ("DELETE", "/{id:int}", "delete", self._delete),
            ("GET", "/{id:int}", "read", self._node),
        ]
        return [
            *(
                Route(f"/v1.0{path}", endpoint(self._practice, self, operation, answering(handler)), methods=[verb])
                for verb, path, operation, handler in methods
            ),
            Route("/threads/files/{id}", self._held.file),
        ]

    def identify(self, request: Request) -> Account | None:
        kept = self._tokens.read(bearer_of(request.headers, request.query_params), "threads")
        return self._store.accounts.get((NETWORK, kept["user"])) if kept else None

    def _account(self, call: Call) -> Account:
        if call.account is None:
            raise GraphError(190, "Invalid OAuth access token - Cannot parse access token", status=401)
        if call.account.suspended:
            raise GraphError(368, "The action attempted has been deemed abusive or is otherwise disallowed")
        return call.account

    # ------------------------------------------------------------ publishing

    async def _contain(self, call: Call) -> Response:
        account, asked = self._account(call), await parameters_of(call)
        text, kind = str(asked.get("text", "")), str(asked.get("media_type", ""))
        part, reply_to = str(asked.get("is_carousel_item", "")).lower() == "true", asked.get("reply_to_id")
        link = str(asked["link_attachment"]) if "link_attachment" in asked else None
        if length_of(text) > CHARACTERS:
            raise GraphError(100, f"Param text must be at most {CHARACTERS} characters long")
        if link is not None and (kind != "TEXT" or not re.match(r"https?://[^\s/]+", link)):
            raise GraphError(100, "Param link_attachment must be a valid URI, of a text post")
        if len({*re.findall(r"https?://\S+", text), *([link] if link else [])}) > LINKS:
            raise GraphError(100, "The text has too many links", subcode=4279012)
        if reply_to is not None:
            self._post(str(reply_to))
        file: str | None = None
        parts: list[str] = []
        if kind == "TEXT":
            if not text or part:
                raise GraphError(100, "The parameter text is required")
        elif kind == "CAROUSEL":
            parts = self._parts(account, str(asked.get("children", "")))
        elif kind in ("IMAGE", "VIDEO"):
            file = (await self._fetched(account, asked, video=kind == "VIDEO")).id
        else:
            raise GraphError(100, "Param media_type must be one of {TEXT, IMAGE, VIDEO, CAROUSEL}")
        made = self._held.add(
            call, account, kind=kind, text=text, part=part, file=file, parts=parts,
            reply_to=str(reply_to) if reply_to is not None else None, link=link,
        )  # fmt: skip
        return JSONResponse({"id": made.id})

    async def _fetched(self, account: Account, asked: dict[str, Any], *, video: bool) -> Media:
        url = asked.get("video_url" if video else "image_url")
        if not url:
            raise GraphError(100, f"The parameter {'video_url' if video else 'image_url'} is required")
        return await self._held.fetch(
            account,
            str(url),
            alt=str(asked.get("alt_text", "")),
            video=video,
            types=("image/jpeg", "image/png"),
            most=1_000_000_000 if video else IMAGE_BYTES,
        )

    def _parts(self, account: Account, children: str) -> list[str]:
        ids = [each for each in children.split(",") if each]
        found = [self._held.find(account, each) for each in ids]
        if not 2 <= len(ids) <= 20 or any(each is None or not each.part for each in found):
            raise GraphError(100, "The carousel has the wrong children", subcode=4279004)
        if any(self._held.status(each) != "FINISHED" for each in found if each):
            raise GraphError(100, "The media could not be found: wait for it", subcode=4279009)
        return ids

    async def _publish(self, call: Call) -> Response:
        account = self._account(call)
        container = self._held.find(account, str((await parameters_of(call)).get("creation_id", "")))
        if container is None or container.part:
            raise GraphError(24, "The requested resource does not exist", subcode=4279009)
        status = self._held.status(container)
        if status == "EXPIRED":
            raise GraphError(-2, "The media you are trying to access has expired.", subcode=2207020)
        if status in ("IN_PROGRESS", "ERROR"):
            raise GraphError(24, "The media could not be found: wait for it", subcode=4279009)
        posts, replies = self._used(account)
        full = replies >= REPLIES_A_DAY if container.reply_to else posts >= POSTS_A_DAY
        if self._practice.settings.rate_limits and full:
            raise GraphError(613, "You reached the maximum number of posts in 24 hours")
        above = self._post(container.reply_to) if container.reply_to else None
        media = [(each.id, each.alt) for each in self._held.files(container)]
        post = self._put(
            account, container.text, container.kind, media, above, visible_after=call.visible_after,
            arrived_at=call.entry.arrived_at, key=container.id, link=container.link,
        )  # fmt: skip
        self._held.published(container, post.id)
        call.accept(remote_id=post.id, created=True, text_sha256=post.sha256)
        return JSONResponse({"id": post.id})

    def _used(self, account: Account) -> tuple[int, int]:
        """Posts and replies of the last 24 hours."""
        since = self._practice.now() - DAY
        own = [post for post in self._store.own_posts(NETWORK, account.id) if post.accepted_at > since]
        replies = sum(post.parent is not None for post in own)
        return len(own) - replies, replies

    def _put(
        self, account: Account, text: str, kind: str, media: Sequence[tuple[str, str]], above: Post | None, *,
        visible_after: float = 0.0, arrived_at: float | None = None, key: str | None = None,
        written_at: float | None = None, mentioned: Account | None = None, link: str | None = None,
    ) -> Post:  # fmt: skip
        now, post_id = self._practice.now(), self._held.next_id("1800")
        reaches: list[Reach] = []
        if above is not None and above.account_id != account.id:
            reaches.append((above.account_id, "reply", above.id))
        for handle in dict.fromkeys(re.findall(r"@([A-Za-z0-9_.]+)", text)):
            named = self._store.by_handle(NETWORK, handle.rstrip("."))
            if named is not None and named.id != account.id:
                reaches.append((named.id, "mention", None))
        post = Post(
            network=NETWORK,
            account_id=account.id,
            id=post_id,
            remote_id=post_id,
            text=text,
            accepted_at=now,
            arrived_at=now if arrived_at is None else arrived_at,
            visible_at=now + visible_after,
            key=key,
            media=list(media),
            native={
                "kind": "reply" if above else "post",
                "media_type": _type(kind),
                "hidden": False,
                **({"link": link} if link else {}),
            },
            parent=above.id if above else None,
            root=(above.root or above.id) if above else None,
            written_at=written_at,
            reaches=reaches,
        )
        self._store.put_post(post)
        return post

    async def _limit(self, call: Call) -> Response:
        posts, replies = self._used(self._account(call))
        values: dict[str, Callable[[Asked], Any]] = {
            "id": lambda _: None,
            "quota_usage": lambda _: posts,
            "config": lambda _: {"quota_total": POSTS_A_DAY, "quota_duration": int(DAY)},
            "reply_quota_usage": lambda _: replies,
            "reply_config": lambda _: {"quota_total": REPLIES_A_DAY, "quota_duration": int(DAY)},
        }
        row = chosen(values, fields_of(call, "quota_usage,config"), "ThreadsPublishingLimit", QUOTA_FIELDS)
        return JSONResponse({"data": [{name: value for name, value in row.items() if name != "id"}]})

    async def _manage(self, call: Call) -> Response:
        account, post = self._account(call), self._post(str(call.request.path_params["id"]))
        root = self._store.post_by_id(NETWORK, str(post.root))
        if root is None or root.account_id != account.id:
            raise GraphError(10, "Application does not have permission for this action", status=403)
        if post.parent != post.root:
            raise GraphError(100, "Only top-level replies can be hidden")
        hidden = str((await parameters_of(call)).get("hide", "")).lower() == "true"
        self._store.put_post(replace(post, native={**post.native, "hidden": hidden}))
        call.accept(remote_id=post.id, created=False)
        return JSONResponse({"success": True})

    async def _delete(self, call: Call) -> Response:
        account, post = self._account(call), self._post(str(call.request.path_params["id"]))
        if post.account_id != account.id:
            raise GraphError(10, "Application does not have permission for this action", status=403)
        self._store.delete_post(post)
        call.accept(remote_id=post.id, created=False)
        return JSONResponse({"success": True, "deleted_id": post.id})

    # ------------------------------------------------------------ what citizens do

    def citizen(self, name: str) -> tuple[str, str]:
        return user_id_for(name), name

    def write(self, author: Account, message: Message) -> Post:
        if message.private or message.quote:
            raise BadRequest("private", "there are no private messages and no quotes on the practice Threads")
        text = message.text
        if message.mention and f"@{message.mention.handle}" not in text:
            text = f"@{message.mention.handle} {text}"
        if not text or length_of(text) > CHARACTERS:
            raise BadRequest("text", f"a text on Threads has 1 to {CHARACTERS} characters")
        return self._put(author, text, "TEXT", [], message.reply_to, written_at=message.written_at)

    def edit(self, post: Post, text: str) -> Post:
        raise BadRequest("text", "nothing is edited on the practice Threads")

    def url(self, post: Post) -> str:
        return f"/@{self._store.accounts[NETWORK, post.account_id].handle}/post/{post.id}"

    # ------------------------------------------------------------ reading

    def _post(self, post_id: str) -> Post:
        post = self._store.post_by_id(NETWORK, post_id)
        if post is None or post.visible_at > self._practice.now():
            raise no_such(post_id)
        return post

    async def _me(self, call: Call) -> Response:
        account = self._account(call)
        values: dict[str, Callable[[Asked], Any]] = {
            "id": lambda _: account.id,
            "username": lambda _: account.handle,
            "name": lambda _: account.display_name,
            "threads_profile_picture_url": lambda _: f"{self._origin}/avatars/threads/{account.handle}.svg",
            "threads_biography": lambda _: "",
            "is_verified": lambda _: False,
        }
        return JSONResponse(chosen(values, fields_of(call, "id,username"), "ThreadsUser", USER_FIELDS))

    async def _node(self, call: Call) -> Response:
        account, node = self._account(call), str(call.request.path_params["id"])
        container = self._held.find(account, node)
        if container is None:
            return JSONResponse(self._post_json(account, self._post(node), fields_of(call, "id")))
        status = self._held.status(container)
        words = f"FAILED_PROCESSING_{container.error}: {container.error}" if status == "ERROR" else None
        values: dict[str, Callable[[Asked], Any]] = {
            "id": lambda _: container.id,
            "status": lambda _: status,
            "error_message": lambda _: words,
        }
        return JSONResponse(chosen(values, fields_of(call, "id,status"), "ThreadsContainer", CONTAINER_FIELDS))

    async def _posts(self, call: Call) -> Response:
        return self._listed(call, [post for post in self._own(self._account(call)) if post.parent is None])

    async def _own_replies(self, call: Call) -> Response:
        return self._listed(call, [post for post in self._own(self._account(call)) if post.parent is not None])

    async def _mentions(self, call: Call) -> Response:
        account = self._account(call)
        told = self._store.notices(NETWORK, account.id)
        return self._listed(call, [post for notice, post in told if notice.kind == "mention"])

    async def _search(self, call: Call) -> Response:
        query = call.request.query_params
        self._account(call)
        asked = query_of(query.get("q", ""))
        if asked.empty or query.get("search_type", "TOP") not in ("TOP", "RECENT"):
            raise GraphError(100, "Invalid parameter")
        since, until = moment(query.get("since")), moment(query.get("until")) or None
        found = self._store.newest(NETWORK, since=since, until=until)
        return self._listed(call, [post for post in found if asked.matches(post.words)])

    async def _replies(self, call: Call) -> Response:
        return self._below(call, self._store.children(self._post(str(call.request.path_params["id"]))))

    async def _conversation(self, call: Call) -> Response:
        found: list[Post] = []
        waiting = [self._post(str(call.request.path_params["id"]))]
        while waiting:
            children = self._store.children(waiting.pop())
            found += children
            waiting += children
        return self._below(call, sorted(found, key=lambda post: post.accepted_at))

    def _below(self, call: Call, oldest_first: list[Post]) -> Response:
        newest_first = call.request.query_params.get("reverse", "true").lower() != "false"
        return self._listed(call, oldest_first[::-1] if newest_first else oldest_first)

    def _own(self, account: Account) -> list[Post]:
        return sorted(self._store.own_posts(NETWORK, account.id), key=lambda post: post.accepted_at, reverse=True)

    def _listed(self, call: Call, posts: Sequence[Post]) -> Response:
        account, query, fields = self._account(call), call.request.query_params, fields_of(call, "id")
        rows = [(post.id, lambda post=post: self._post_json(account, post, fields)) for post in posts]
        return JSONResponse(paged(rows, query.get("limit"), query.get("after")))

    def _post_json(self, account: Account, post: Post, fields: Sequence[Asked]) -> dict[str, Any]:
        author = self._store.accounts[NETWORK, post.account_id]
        many, answers = len(post.media) > 1, post.parent is not None
        values: dict[str, Callable[[Asked], Any]] = {
            "id": lambda _: post.id,
            "media_product_type": lambda _: "THREADS",
            "media_type": lambda _: post.native["media_type"],
            "media_url": lambda _: f"{self._origin}/threads/files/{post.media[0][0]}" if post.media else None,
            "alt_text": lambda _: post.media[0][1] if post.media and not many else None,
            "permalink": lambda _: f"{self._origin}{self.url(post)}",
            "username": lambda _: author.handle,
            "owner": lambda _: {"id": author.id} if author.id == account.id else None,
            "text": lambda _: post.text or None,
            "timestamp": lambda _: iso(post.accepted_at),
            "shortcode": lambda _: post.id,
            "children": lambda _: {"data": [{"id": each} for each, _ in post.media]} if many else None,
            "is_quote_post": lambda _: False,
            "has_replies": lambda _: bool(self._store.children(post)),
            "root_post": lambda _: {"id": post.root} if answers else None,
            "replied_to": lambda _: {"id": post.parent} if answers else None,
            "is_reply": lambda _: answers,
            "is_reply_owned_by_me": lambda _: answers and author.id == account.id,
            "hide_status": lambda _: "HIDDEN" if post.native["hidden"] else "NOT_HUSHED",
        }
        return chosen(values, fields, "ThreadsMedia", POST_FIELDS | REPLY_FIELDS)

    # ------------------------------------------------------------ figures

    async def _insights(self, call: Call) -> Response:
        self._account(call)
        post = self._post(str(call.request.path_params["id"]))
        counts = self._store.counts(post)
        values = {
            "views": counted(post.id, 900),
            "likes": counts.likes,
            "replies": counts.replies,
            "reposts": counts.shares,
            "quotes": counts.quotes,
            "shares": 0,
        }
        return JSONResponse({"data": [_metric(name, values[name]) for name in _metrics(call, POST_METRICS)]})

    async def _account_insights(self, call: Call) -> Response:
        account = self._account(call)
        figures = {"followers_count": account.followers or counted(account.id, 400)}
        rows = [
            {"name": name, "period": "day", "total_value": {"value": figures.get(name, 0)}}
            for name in _metrics(call, ACCOUNT_METRICS)
        ]
        return JSONResponse({"data": rows})


def length_of(text: str) -> int:
    """What a reader calls characters, but an emoji as many as it has bytes."""
    return sum(len(each.encode()) if _EMOJI.search(each) else 1 for each in regex.findall(r"\X", text))


def _type(kind: str) -> str:
    return {"CAROUSEL": "CAROUSEL_ALBUM", "TEXT": "TEXT_POST"}.get(kind, kind)


def _metrics(call: Call, known: set[str]) -> list[str]:
    asked = [each for each in call.request.query_params.get("metric", "").split(",") if each]
    if not asked or set(asked) - known:
        raise GraphError(100, "Param metric must be one of the metrics")
    return asked


def _metric(name: str, value: int) -> dict[str, Any]:
    return {"name": name, "period": "lifetime", "values": [{"value": value}]}
