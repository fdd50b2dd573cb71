"""The part of Meta's Graph API that a Page is published to, answered and read with, and the webhook that it calls.

Sources: developers.facebook.com (graph-api/reference/page, /post, /comment; error-handling; rate-limiting; webhooks)
and Meta's specification (facebook-business-sdk-codegen, api_specs); tests hold the parameters to it. A practice Page's
access token is the password that its account was given. Not built: people's accounts, groups, scheduling. Videos
are in facebook_videos.py.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from .bluesky import blob_response
from .comments import controlled
from .exchange import Call, Handler, Practice, endpoint
from .facebook_videos import Videos
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
from .graph_fields import Asked, read
from .graph_private import Said, conversations_json, private_to, require
from .images import look_at
from .meta_login import Tokens, instagram_behind
from .pushing import Pusher
from .store import Account, Media, Post, digest, password_matches

NETWORK = "facebook"
CHARACTERS = 63_206
COMMENT_CHARACTERS = 8_000
IMAGE_BYTES = 10_000_000
DUPLICATE_SECONDS = 600.0
PERMISSIONS = (
    "pages_manage_posts", "pages_read_engagement", "pages_manage_engagement", "pages_read_user_content",
    "pages_manage_metadata", "read_insights", "pages_messaging",
)  # fmt: skip

PAGE_FIELDS = {"id", "name", "username", "link", "picture", "followers_count", "fan_count"}
MANAGED_PAGE_FIELDS = {"id", "name", "username", "picture", "access_token", "instagram_business_account"}
POST_FIELDS = {
    "id", "message", "created_time", "updated_time", "from", "permalink_url", "attachments", "comments", "reactions",
    "shares", "insights", "is_published", "status_type",
}  # fmt: skip
COMMENT_FIELDS = {
    "id", "message", "created_time", "from", "parent", "permalink_url", "attachment", "like_count", "comment_count",
    "comments", "is_hidden",
}  # fmt: skip


@dataclass(frozen=True)
class Comment:
    """A comment, a citizen's or the Page's own. parent: the comment it answers, or None. post: the post's whole id."""

    id: str
    page: str
    post: str
    parent: str | None
    author_id: str
    author_name: str
    text: str
    created_at: float
    visible_at: float = 0.0
    photo: str | None = None
    hidden: bool = False


def page_id_for(handle: str) -> str:
    """A Page's id of 15 digits that is always the same for a handle."""
    n = int.from_bytes(hashlib.sha256(f"facebook:{handle.lower()}".encode()).digest()[:6], "big")
    return str(10**14 + n)


class Facebook(Failing):
    network = NETWORK

    def __init__(self, practice: Practice, pusher: Pusher, tokens: Tokens) -> None:
        self._issued = tokens
        self._practice = practice
        self._store = practice.store
        self._origin = practice.public_url
        self._pusher = pusher
        self._tokens: dict[str, tuple[str, str]] = {}  # digest of a token -> (page id, kept digest of the password)
        self._comments: dict[str, Comment] = {}
        for name, kept in self._store.grants.items():
            if name.startswith("facebook:comment:"):
                self._remember(Comment(**kept))
        used = [int(p.id.rpartition("_")[2]) for p in self._store.timeline if p.network == NETWORK]
        used += [int(c.id.rpartition("_")[2]) for c in self._comments.values()]
        used += [int(key[2]) for key in self._store.media if key[0] == NETWORK]
        self._last_id = max(used, default=0)
        self._videos = Videos(practice, self._put_video, self._next_id)

    def routes(self) -> list[Route]:
        methods: list[tuple[str, str, str, Handler]] = [
            ("GET", "/debug_token", "session", self._debug_token),
            ("GET", "/me", "session", self._me),
            ("POST", "/{id}/subscribed_apps", "session", self._subscribe),
            ("GET", "/{id}/subscribed_apps", "session", self._subscribed),
            ("DELETE", "/{id}/subscribed_apps", "session", self._unsubscribe),
            ("POST", "/{id}/photos", "upload", self._upload),
            ("POST", "/{id}/videos", "upload", self._upload_video),
            ("POST", "/{id}/feed", "publish", self._publish),
            ("GET", "/{id}/feed", "read", self._posts),
            ("GET", "/{id}/published_posts", "read", self._posts),
            ("GET", "/{id}/conversations", "read", self._conversations),
            ("POST", "/{id}/comments", "publish", self._answer_comment),
            ("GET", "/{id}/comments", "read", self._read_comments),
            ("POST", "/{id}", "publish", self._change),
            ("DELETE", "/{id}", "delete", self._delete),
            ("GET", "/{id}", "read", self._node),
            ("GET", "/", "read", self._several),
        ]
        routes = [
            Route(
                "/{version:graph}" + path,
                endpoint(self._practice, self, operation, answering(handler)),
                methods=[verb],
            )
            for verb, path, operation, handler in methods
        ]
        controls = [
            ("POST", "comments", self._control_comment),
            ("PUT", "comments/{id}", self._control_edit),
            ("DELETE", "comments/{id}", self._control_remove),
            ("POST", "posts", self._control_visitor),
            ("POST", "messages", self._control_message),
        ]
        return [
            *routes,
            Route("/facebook/photos/{id}", self._photo),
            *(
                Route(f"/practice/facebook/{path}", controlled(act, missing=GraphError), methods=[verb])
                for verb, path, act in controls
            ),
            Route("/practice/pushes", self._pushes),
        ]

    # ------------------------------------------------------------ what faults need

    def identify(self, request: Request) -> Account | None:
        return self._page_of(bearer_of(request.headers, request.query_params))

    # ------------------------------------------------------------ who asks

    def _page_of(self, token: str) -> Account | None:
        """The Page whose token it is. Passwords are kept under scrypt, so what was compared once is remembered."""
        if not token:
            return None
        issued = self._issued.read(token, "page")
        if issued is not None:
            return self._store.accounts.get((NETWORK, issued["page"]))
        known = self._tokens.get(digest(token))
        account = self._store.accounts.get((NETWORK, known[0])) if known else None
        if account and known and account.password == known[1]:
            return account
        for (network, _), each in self._store.accounts.items():
            if network == NETWORK and password_matches(each.password, token):
                self._tokens[digest(token)] = (each.id, each.password)
                return each
        return None

    def _granted(self, token: str) -> list[str]:
        """A password brings every permission; a token that was signed in for brings those that were agreed to. Of
        private messages alone is anything held to it."""
        issued = self._issued.read(token, "page")
        asked = issued.get("scopes") if issued else None
        every = [*PERMISSIONS, "instagram_manage_messages"]
        private = {"pages_messaging", "instagram_manage_messages"}
        return every if asked is None else [each for each in every if each not in private or each in asked]

    def _page(self, call: Call) -> Account:
        """Raises GraphError where the token is of no Page."""
        if call.account is None:
            raise GraphError(190, "Invalid OAuth access token - Cannot parse access token", status=401)
        if call.account.suspended:
            raise GraphError(368, "The action attempted has been deemed abusive or is otherwise disallowed")
        return call.account

    def _own(self, call: Call) -> Account:
        """The Page of the token, which must be the one in the address."""
        page = self._page(call)
        if call.request.path_params["id"] not in (page.id, "me", page.handle):
            raise GraphError(200, "(#200) Permissions error", status=403)
        return page

    async def _me(self, call: Call) -> Response:
        return JSONResponse(self._page_json(self._page(call), fields_of(call, "id,name")))

    async def _debug_token(self, call: Call) -> Response:
        self._page(call)
        page = self._page_of(call.request.query_params.get("input_token", ""))
        if page is None:
            error = {"code": 190, "message": "Invalid OAuth access token"}
            return JSONResponse({"data": {"is_valid": False, "scopes": [], "error": error}})
        return JSONResponse(
            {
                "data": {
                    "app_id": "1",
                    "type": "PAGE",
                    "application": "Practice",
                    "is_valid": True,
                    "expires_at": 0,
                    "profile_id": page.id,
                    "scopes": self._granted(call.request.query_params.get("input_token", "")),
                }
            }
        )

    async def _subscribe(self, call: Call) -> Response:
        page = self._own(call)
        fields = (await parameters_of(call)).get("subscribed_fields", "")
        if not fields:
            raise GraphError(100, "(#100) Param subscribed_fields must be non-empty")
        self._store.grant(f"facebook:subscribed:{page.id}", {"fields": str(fields).split(",")})
        call.accept(remote_id=page.id, created=True)
        return JSONResponse({"success": True})

    async def _subscribed(self, call: Call) -> Response:
        kept = self._store.grants.get(f"facebook:subscribed:{self._own(call).id}")
        apps = [{"id": "1", "name": "Practice", "subscribed_fields": kept["fields"]}] if kept else []
        return JSONResponse({"data": apps})

    async def _unsubscribe(self, call: Call) -> Response:
        page = self._own(call)
        self._store.withdraw(f"facebook:subscribed:{page.id}")
        call.accept(remote_id=page.id, created=False)
        return JSONResponse({"success": True})

    # ------------------------------------------------------------ publishing

    async def _upload(self, call: Call) -> Response:
        page = self._own(call)
        parameters = await parameters_of(call)
        file = parameters.get("source")
        if not isinstance(file, UploadFile):
            raise GraphError(324, "(#324) Requires upload file")
        data = await file.read()
        seen = look_at(data)
        if seen is None or len(data) > IMAGE_BYTES:
            raise GraphError(324, "(#324) Missing or invalid image file")
        now = call.practice.now()
        media = Media(
            network=NETWORK,
            id=str(self._next_id(now)),
            account_id=page.id,
            content_type=seen.content_type,
            size=len(data),
            sha256=hashlib.sha256(data).hexdigest(),
            created_at=now,
            width=seen.width,
            height=seen.height,
            alt=str(parameters.get("alt_text_custom", "")),
            ready_at=now,
        )
        self._store.add_media(media, data)
        call.accept(remote_id=media.id, created=True)
        if str(parameters.get("published", "true")).lower() == "false":
            return JSONResponse({"id": media.id})
        post = self._put(call, page, str(parameters.get("message", "")), [media], None)
        return JSONResponse({"id": media.id, "post_id": post.id})

    async def _upload_video(self, call: Call) -> Response:
        return await self._videos.upload(call, self._own(call))

    def _put_video(self, call: Call, page: Account, text: str, media: list[Media], visible_at: float) -> Post:
        if len(text) > CHARACTERS:
            raise GraphError(100, f"(#100) Param description must be at most {CHARACTERS} characters long")
        return self._put(call, page, text, media, None, visible_at=visible_at)

    async def _publish(self, call: Call) -> Response:
        page = self._own(call)
        parameters = await parameters_of(call)
        text, link = str(parameters.get("message", "")).strip(), parameters.get("link")
        media = self._attached(page, parameters.get("attached_media"))
        if not text and not media and not link:
            raise GraphError(100, "(#100) You must provide a message, a link or media")
        if len(text) > CHARACTERS:
            raise GraphError(100, f"(#100) Param message must be at most {CHARACTERS} characters long")
        if link and not re.match(r"https?://[^\s/]+\.", str(link)):
            raise GraphError(1500, "(#1500) The url you supplied is invalid")
        last = next(self._store.own_posts(NETWORK, page.id), None)
        now = call.practice.now()
        if last and not media and not last.media and last.text == text and now - last.accepted_at < DUPLICATE_SECONDS:
            raise GraphError(506, "(#506) Duplicate status message")
        post = self._put(call, page, text, media, str(link) if link else None)
        return JSONResponse({"id": post.id})

    def _attached(self, page: Account, value: Any) -> list[Media]:
        if not value:
            return []
        try:
            ids = [str(each["media_fbid"]) for each in json.loads(str(value))]
        except (ValueError, TypeError, KeyError) as e:
            raise GraphError(100, "(#100) Param attached_media must be an array of objects") from e
        found = [self._store.media.get((NETWORK, page.id, each)) for each in ids]
        if any(each is None or each.attached_to for each in found):
            raise GraphError(100, "(#100) Invalid attached media id", subcode=1366046)
        return [each for each in found if each is not None]

    def _put(
        self,
        call: Call,
        page: Account,
        text: str,
        media: Sequence[Media],
        link: str | None,
        *,
        visible_at: float = 0.0,
    ) -> Post:
        now = call.practice.now()
        post_id = f"{page.id}_{self._next_id(now)}"
        post = Post(
            network=NETWORK,
            account_id=page.id,
            id=post_id,
            remote_id=post_id,
            text=text,
            accepted_at=now,
            arrived_at=call.entry.arrived_at,
            visible_at=max(now + call.visible_after, visible_at),
            key=None,
            media=[(m.id, m.alt) for m in media],
            native={"kind": "post", "link": link},
        )
        self._store.put_post(post)
        for each in media:
            self._store.change_media(each, attached_to=post.id)
        call.accept(remote_id=post.id, created=True, text_sha256=post.sha256)
        return post

    async def _answer_comment(self, call: Call) -> Response:
        page = self._page(call)
        parameters = await parameters_of(call)
        text = str(parameters.get("message", "")).strip()
        target = call.request.path_params["id"]
        post, parent = self._target(page, target)
        photo = parameters.get("attachment_id")
        media = self._store.media.get((NETWORK, page.id, str(photo))) if photo else None
        if photo and media is None:
            raise GraphError(100, "(#100) Invalid attachment")
        if not text and media is None:
            raise GraphError(100, "(#100) A comment needs a message or an attachment")
        if len(text) > COMMENT_CHARACTERS:
            raise GraphError(100, f"(#100) Param message must be at most {COMMENT_CHARACTERS} characters long")
        now = call.practice.now()
        comment = self._write(
            page=page.id,
            post=post,
            parent=parent,
            author_id=page.id,
            author_name=page.display_name,
            text=text,
            photo=media.id if media else None,
            visible_at=now + call.visible_after,
        )
        # Also a post, so that what was accepted can be counted and seen like any other.
        kept = Post(
            network=NETWORK,
            account_id=page.id,
            id=comment.id,
            remote_id=comment.id,
            text=text,
            accepted_at=now,
            arrived_at=call.entry.arrived_at,
            visible_at=comment.visible_at,
            key=None,
            media=[(media.id, media.alt)] if media else [],
            native={"kind": "comment", "in_reply_to_id": target},
        )
        self._store.put_post(kept)
        call.accept(remote_id=comment.id, created=True, text_sha256=kept.sha256)
        return JSONResponse({"id": comment.id})

    def _target(self, page: Account | None, target: str) -> tuple[str, str | None]:
        """The post and, where a comment is answered, the comment that the answer is filed under. Raises GraphError."""
        comment = self._comments.get(target)
        if comment is not None and (page is None or comment.page == page.id):
            return comment.post, comment.parent or comment.id
        post = self._store.post_by_id(NETWORK, target)
        if post is None or post.native["kind"] != "post" or (page is not None and post.account_id != page.id):
            raise no_such(target)
        return post.id, None

    async def _change(self, call: Call) -> Response:
        """Hides a comment, or shows it again: the Page reads it still."""
        page, target = self._page(call), call.request.path_params["id"]
        comment, asked = self._comments.get(target), await parameters_of(call)
        if comment is None or comment.page != page.id:
            raise no_such(target)
        if comment.author_id == page.id or "is_hidden" not in asked:
            raise GraphError(100, "(#100) Invalid parameter")
        self._keep(replace(comment, hidden=str(asked["is_hidden"]).lower() == "true"))
        call.accept(remote_id=target, created=False)
        return JSONResponse({"success": True})

    async def _delete(self, call: Call) -> Response:
        page, target = self._page(call), call.request.path_params["id"]
        post = self._store.post_by_id(NETWORK, target)
        comment = self._comments.get(target)
        if (post is None or post.account_id != page.id) and (comment is None or comment.page != page.id):
            raise no_such(target)
        if comment is not None:
            self.remove_comment(target)
        if post is not None:
            self._store.delete_post(post)
        call.accept(remote_id=target, created=False)
        return JSONResponse({"success": True})

    def _next_id(self, now: float) -> int:
        self._last_id = max(int(now * 1000), self._last_id + 1)
        return self._last_id

    # ------------------------------------------------------------ what citizens do

    def write_comment(
        self, *, post: str, author: str, text: str, author_id: str | None = None, photo: str | None = None
    ) -> str:
        """A citizen comments on a post, or answers a comment (`post`: the id of either); the webhook is called. The
        comment's id. Raises GraphError where there is nothing to comment on."""
        post_id, parent = self._target(None, post)
        comment = self._write(
            page=post_id.partition("_")[0],
            post=post_id,
            parent=parent,
            author_id=author_id or page_id_for(f"citizen:{author}"),
            author_name=author,
            text=text,
            photo=photo,
        )
        return comment.id

    def edit_comment(self, comment_id: str, text: str) -> None:
        """Raises GraphError."""
        comment = self._comments.get(comment_id)
        if comment is None:
            raise no_such(comment_id)
        self._keep(replace(comment, text=text))
        self._push(self._comments[comment_id], "edited")

    def remove_comment(self, comment_id: str) -> None:
        """Raises GraphError."""
        comment = self._comments.pop(comment_id, None)
        if comment is None:
            raise no_such(comment_id)
        self._store.withdraw(f"facebook:comment:{comment_id}")
        self._push(comment, "remove")

    def write_privately(self, *, page: str, author: str, text: str, own: bool = False) -> str:
        """A visitor writes to a Page in private. own: the Page answers, by whatever means. The message's id."""
        now, person = self._practice.now(), page_id_for(f"citizen:{author}")
        account = self._store.accounts[NETWORK, page]
        name = {"id": page, "name": account.display_name} if own else {"id": person, "name": author}
        said = Said(f"m_{self._next_id(now)}", person, name, text, now)
        self._store.grant(f"facebook:private:{said.id}", {"page": page, "said": asdict(said)})
        return said.id

    def write_on_page(self, *, page: str, author: str, text: str) -> str:
        """A visitor posts on a Page; the webhook is called, and that is all that is kept of it. The post's id."""
        now = self._practice.now()
        post_id = f"{page}_{self._next_id(now)}"
        value = {
            "from": {"id": page_id_for(f"citizen:{author}"), "name": author},
            "message": text,
            "post_id": post_id,
            "created_time": int(now),
            "item": "status",
            "published": 1,
            "verb": "add",
        }
        self._push_value(page, value)
        return post_id

    def _write(self, **fields: Any) -> Comment:
        now = self._practice.now()
        number = fields["post"].partition("_")[2]
        comment = Comment(id=f"{number}_{self._next_id(now)}", created_at=now, **fields)
        self._keep(comment)
        self._push(comment, "add")
        return comment

    def _keep(self, comment: Comment) -> None:
        self._store.grant(f"facebook:comment:{comment.id}", asdict(comment))
        self._remember(comment)

    def _remember(self, comment: Comment) -> None:
        self._comments[comment.id] = comment

    def comments_of(self, post: str, parent: str | None = None, *, stream: bool = True) -> list[Comment]:
        """Oldest first. stream: all of the post, answers to comments too."""
        now = self._practice.now()
        return [
            each
            for each in self._comments.values()
            if each.post == post and each.visible_at <= now and (each.parent == parent or (stream and parent is None))
        ]

    def post_of(self, thing: str) -> str:
        """The post that a comment stands below; a post's own id."""
        comment = self._comments.get(thing)
        return comment.post if comment else thing

    def _push(self, comment: Comment, verb: str) -> None:
        value: dict[str, Any] = {
            "from": {"id": comment.author_id, "name": comment.author_name},
            "post": {
                "status_type": "mobile_status_update",
                "is_published": True,
                "permalink_url": f"{self._origin}/{comment.post}",
                "promotion_status": "inactive",
                "id": comment.post,
            },
            "post_id": comment.post,
            "comment_id": comment.id,
            "created_time": int(comment.created_at),
            "item": "comment",
            "parent_id": comment.parent or comment.post,
            "verb": verb,
        }
        if verb != "remove":
            value["message"] = comment.text
            if comment.photo:
                value["photo"] = f"{self._origin}/facebook/photos/{comment.photo}"
        self._push_value(comment.page, value)

    def _push_value(self, page: str, value: dict[str, Any]) -> None:
        kept = self._store.grants.get(f"facebook:subscribed:{page}")
        if kept and "feed" in kept["fields"]:
            entry = {"id": page, "time": int(self._practice.now()), "changes": [{"value": value, "field": "feed"}]}
            self._pusher.send({"entry": [entry], "object": "page"})

    # ------------------------------------------------------------ reading

    async def _node(self, call: Call) -> Response:
        self._page(call)
        return JSONResponse(self._node_json(call.request.path_params["id"], call))

    async def _several(self, call: Call) -> Response:
        self._page(call)
        ids = [each for each in call.request.query_params.get("ids", "").split(",") if each]
        if not 1 <= len(ids) <= 50:
            raise GraphError(100, "(#100) Param ids must have between 1 and 50 elements")
        return JSONResponse({each: self._node_json(each, call) for each in ids})

    def _node_json(self, node: str, call: Call) -> dict[str, Any]:
        account = self._store.accounts.get((NETWORK, node)) or self._store.by_handle(NETWORK, node)
        if account is not None:
            return self._page_json(account, fields_of(call, "id,name"))
        comment = self._comments.get(node)
        if comment is not None and comment.visible_at <= self._practice.now():
            return self._comment_json(comment, fields_of(call, "id,message,created_time,from"))
        video = self._videos.node(node, call)
        if video is not None:
            return video
        post = self._store.post_by_id(NETWORK, node)
        if post is None or post.native["kind"] != "post" or post.visible_at > self._practice.now():
            raise no_such(node)
        return self._post_json(post, fields_of(call, "id,message,created_time"))

    async def _posts(self, call: Call) -> Response:
        page = self._own(call)
        query = call.request.query_params
        since = moment(query.get("since"))
        found = [
            post
            for post in self._store.own_posts(NETWORK, page.id)
            if post.native["kind"] == "post" and post.accepted_at >= since and not self._is_prepared_still(post)
        ]
        found.sort(key=lambda post: post.accepted_at, reverse=True)
        fields = fields_of(call, "id,message,created_time")
        rows = [(post.id, lambda post=post: self._post_json(post, fields)) for post in found]
        return JSONResponse(paged(rows, query.get("limit"), query.get("after")))

    async def _conversations(self, call: Call) -> Response:
        """Of both platforms: an Instagram account's stand at the Page before it."""
        page = self._own(call)
        granted = self._granted(bearer_of(call.request.headers, call.request.query_params))
        platform = call.request.query_params.get("platform", "messenger")
        if platform == "instagram":
            require(granted, "instagram_manage_messages")
            behind = instagram_behind(self._store, page.id)
            return JSONResponse(conversations_json(call, private_to(self._store, behind) if behind else []))
        if platform != "messenger":
            raise GraphError(100, "(#100) Param platform must be one of {INSTAGRAM, MESSENGER}")
        require(granted, "pages_messaging")
        said = [
            Said(**kept["said"])
            for name, kept in self._store.grants.items()
            if name.startswith("facebook:private:") and kept["page"] == page.id
        ]
        return JSONResponse(conversations_json(call, said))

    async def _read_comments(self, call: Call) -> Response:
        page, query = self._page(call), call.request.query_params
        target = call.request.path_params["id"]
        self._target(page, target)
        asked = Asked("comments", dict(query), fields_of(call, "id,message,created_time,from"))
        return JSONResponse(self._comments_json(target, asked))

    def _comments_json(self, target: str, asked: Asked) -> dict[str, Any]:
        said = asked.arguments
        comment = self._comments.get(target)
        stream = said.get("filter") == "stream"
        found = self.comments_of(comment.post, target) if comment else self.comments_of(target, stream=stream)
        since = moment(said.get("since"))
        found = [each for each in found if each.created_at >= since]
        if said.get("order") == "reverse_chronological":
            found.reverse()
        fields = asked.fields or read("id,message,created_time,from")
        rows = [(each.id, lambda each=each: self._comment_json(each, fields)) for each in found]
        answer = paged(rows, said.get("limit"), said.get("after"))
        if "summary" in said:
            answer["summary"] = {"order": said.get("order", "ranked"), "total_count": len(found), "can_comment": True}
        return answer

    def _page_json(self, page: Account, fields: Sequence[Asked]) -> dict[str, Any]:
        values: dict[str, Callable[[Asked], Any]] = {
            "id": lambda _: page.id,
            "name": lambda _: page.display_name,
            "username": lambda _: page.handle,
            "link": lambda _: f"{self._origin}/{page.id}",
            "picture": lambda _: {"data": {"url": f"{self._origin}/avatars/facebook/{page.handle}.svg"}},
            "followers_count": lambda _: counted(page.id, 400),
            "fan_count": lambda _: counted(page.id, 380),
        }
        return chosen(values, fields, "Page", PAGE_FIELDS)

    def _post_json(self, post: Post, fields: Sequence[Asked]) -> dict[str, Any]:
        page = self._store.accounts[NETWORK, post.account_id]
        values: dict[str, Callable[[Asked], Any]] = {
            "id": lambda _: post.id,
            "message": lambda _: post.text or None,
            "created_time": lambda _: iso(post.accepted_at),
            "updated_time": lambda _: iso(post.accepted_at),
            "from": lambda _: {"id": page.id, "name": page.display_name},
            "permalink_url": lambda _: f"{self._origin}/{post.id}",
            "is_published": lambda _: True,
            "status_type": lambda _: self._status_type(post),
            "attachments": lambda _: self._attachments_json(post),
            "comments": lambda asked: self._comments_json(post.id, asked),
            "reactions": lambda _: {"data": [], "summary": {"total_count": counted(post.id, 40)}},
            "shares": lambda _: {"count": n} if (n := counted(post.id, 9)) else None,
            "insights": lambda asked: self._insights_json(post, asked),
        }
        return chosen(values, fields, "Post", POST_FIELDS)

    def _shows_video(self, post: Post) -> bool:
        kept = [self._store.media.get((NETWORK, post.account_id, media)) for media, _ in post.media]
        return any(each is not None and each.content_type.startswith("video/") for each in kept)

    def _is_prepared_still(self, post: Post) -> bool:
        return self._shows_video(post) and post.visible_at > self._practice.now()

    def _status_type(self, post: Post) -> str:
        if not post.media:
            return "mobile_status_update"
        return "added_video" if self._shows_video(post) else "added_photos"

    def _attachments_json(self, post: Post) -> dict[str, Any] | None:
        if len(post.media) == 1:
            kind = "video" if self._shows_video(post) else "photo"
            return {"data": [{"media_type": kind, "type": "video_inline" if kind == "video" else kind}]}
        if post.media:
            within = [{"media_type": "photo", "type": "photo"} for _ in post.media]
            return {"data": [{"media_type": "album", "type": "album", "subattachments": {"data": within}}]}
        if post.native.get("link"):
            return {"data": [{"media_type": "link", "type": "share"}]}
        return None

    def _insights_json(self, post: Post, asked: Asked) -> dict[str, Any]:
        rows = []
        for metric in asked.arguments.get("metric", "").split(","):
            if metric != "post_media_view":
                raise GraphError(100, "(#100) The value must be a valid insights metric")
            value = counted(post.id, 900)
            rows.append({"name": metric, "period": "lifetime", "values": [{"value": value}]})
        return {"data": rows}

    def _comment_json(self, comment: Comment, fields: Sequence[Asked]) -> dict[str, Any]:
        def parent(asked: Asked) -> Any:
            above = self._comments.get(comment.parent or "")
            return self._comment_json(above, asked.fields or read("id,message,created_time")) if above else None

        def attachment(_: Asked) -> Any:
            src = f"{self._origin}/facebook/photos/{comment.photo}"
            return {"type": "photo", "media": {"image": {"src": src}}} if comment.photo else None

        values: dict[str, Callable[[Asked], Any]] = {
            "id": lambda _: comment.id,
            "message": lambda _: comment.text,
            "created_time": lambda _: iso(comment.created_at),
            "from": lambda _: {"id": comment.author_id, "name": comment.author_name},
            "parent": parent,
            "permalink_url": lambda _: f"{self._origin}/{comment.post}",
            "attachment": attachment,
            "like_count": lambda _: counted(comment.id, 5),
            "is_hidden": lambda _: comment.hidden,
            "comment_count": lambda _: len(self.comments_of(comment.post, comment.id)),
            "comments": lambda asked: self._comments_json(comment.id, asked),
        }
        return chosen(values, fields, "Comment", COMMENT_FIELDS)

    async def _photo(self, request: Request) -> Response:
        media = self._store.media_by_id(NETWORK, request.path_params["id"])
        if media is None:
            return Response(status_code=404)
        return blob_response(self._store.blob_path(media), media.content_type)

    # ------------------------------------------------------------ control

    def _control_comment(self, request: Request, body: dict[str, Any]) -> dict[str, Any]:
        return {"id": self.write_comment(post=str(body["post"]), author=str(body["author"]), text=str(body["text"]))}

    def _control_edit(self, request: Request, body: dict[str, Any]) -> dict[str, Any]:
        self.edit_comment(request.path_params["id"], str(body["text"]))
        return {"id": request.path_params["id"]}

    def _control_remove(self, request: Request, body: dict[str, Any]) -> dict[str, Any]:
        self.remove_comment(request.path_params["id"])
        return {"id": request.path_params["id"]}

    def _control_visitor(self, request: Request, body: dict[str, Any]) -> dict[str, Any]:
        page = self._store.by_handle(NETWORK, str(body["page"]))
        if page is None:
            raise no_such(str(body["page"]))
        return {"id": self.write_on_page(page=page.id, author=str(body["author"]), text=str(body["text"]))}

    def _control_message(self, request: Request, body: dict[str, Any]) -> dict[str, Any]:
        page = self._store.by_handle(NETWORK, str(body["page"]))
        if page is None:
            raise no_such(str(body["page"]))
        said = {"author": str(body["author"]), "text": str(body["text"]), "own": body.get("own") is True}
        return {"id": self.write_privately(page=page.id, **said)}

    async def _pushes(self, request: Request) -> Response:
        return JSONResponse({"pushes": self._pusher.as_json()})


def managed_page_json(practice: Practice, page: Account, call: Call, token_of: Callable[[str], str]) -> dict[str, Any]:
    """A Page as the person who manages it is told of it, with a token of its own."""

    def account(asked: Asked) -> Any:
        behind = instagram_behind(practice.store, page.id)
        if behind is None:
            return None
        picture = f"{practice.public_url}/avatars/instagram/{behind.handle}.svg"
        values: dict[str, Callable[[Asked], Any]] = {
            "id": lambda _: behind.id,
            "username": lambda _: behind.handle,
            "name": lambda _: behind.display_name,
            "profile_picture_url": lambda _: picture,
        }
        return chosen(values, asked.fields or read("id"), "IGUser", set(values))

    values: dict[str, Callable[[Asked], Any]] = {
        "id": lambda _: page.id,
        "name": lambda _: page.display_name,
        "username": lambda _: page.handle,
        "picture": lambda _: {"data": {"url": f"{practice.public_url}/avatars/facebook/{page.handle}.svg"}},
        "access_token": lambda _: token_of(page.id),
        "instagram_business_account": account,
    }
    return chosen(values, fields_of(call, "id,name,access_token"), "Page", MANAGED_PAGE_FIELDS)
