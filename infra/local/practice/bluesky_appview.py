"""Bluesky's AppView: profiles, posts with their counts, threads, search and notifications, read through the PDS.

Sources: the lexicons app.bsky.*; errors and order as in bluesky-social/atproto's AppView. Cursors mean nothing to a
client. The likes and shares of the practice town stand for the records that would make them.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlsplit

from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from .bluesky import ACCESS, Bluesky, invalid, iso, limit_of, number_of, param, reference
from .content_address import record_cid, tid_of
from .exchange import Call, Handler, Practice, endpoint
from .post_record import is_at_uri
from .searching import Query, query_of, words_of
from .store import Account, Notice, Post

REACTIONS = {"like": "app.bsky.feed.like", "share": "app.bsky.feed.repost"}
REASONS = {"like": "like", "share": "repost"}  # of a notification; all others are called as in Reach
POSTS_ASKED = PROFILES_ASKED = 25
THREAD_DEPTH, THREAD_HEIGHT = 6, 80  # where a request names none
THREAD_DEPTH_MAX, THREAD_HEIGHT_MAX = 50, 80  # what the server gives at most
THREAD_REPLIES_MAX = 1000
RANKED = 1000  # matches that sort=top looks at


class AppView:
    network = "bluesky"

    def __init__(self, practice: Practice, pds: Bluesky) -> None:
        self._practice = practice
        self._store = practice.store
        self._pds = pds

    def routes(self) -> list[Route]:
        methods: list[tuple[str, Handler]] = [
            ("app.bsky.feed.getAuthorFeed", self._get_author_feed),
            ("app.bsky.feed.getPosts", self._get_posts),
            ("app.bsky.feed.getPostThread", self._get_post_thread),
            ("app.bsky.feed.searchPosts", self._search_posts),
            ("app.bsky.actor.getProfile", self._get_profile),
            ("app.bsky.actor.getProfiles", self._get_profiles),
            ("app.bsky.notification.listNotifications", self._list_notifications),
        ]
        return [
            Route(
                f"/xrpc/{nsid}", endpoint(self._practice, self._pds, "read", self._pds.answer(handler)), methods=["GET"]
            )
            for nsid, handler in methods
        ]

    async def _get_author_feed(self, call: Call) -> Response:
        query = call.request.query_params
        account = self._pds.repo(query.get("actor"), name="actor")
        limit = limit_of(query.get("limit"))
        posts: list[Post] = []
        for post in self._store.own_posts(self.network, account.id, before=query.get("cursor")):
            posts.append(post)
            if len(posts) == limit:
                break
        answer: dict[str, Any] = {"feed": [{"post": self._post_view(account, post)} for post in posts]}
        if len(posts) == limit:
            answer["cursor"] = posts[-1].id
        return JSONResponse(answer)

    async def _get_profile(self, call: Call) -> Response:
        account = self._pds.repo(call.request.query_params.get("actor"), name="actor")
        return JSONResponse(self._profile_detailed(account))

    async def _get_profiles(self, call: Call) -> Response:
        self._reader(call)
        actors = call.request.query_params.getlist("actors")
        if not actors or len(actors) > PROFILES_ASKED:
            raise invalid("Error: Params/actors must have between 1 and 25 elements")
        accounts = [self._pds.find(actor) for actor in dict.fromkeys(actors)]
        return JSONResponse({"profiles": [self._profile_detailed(a) for a in accounts if a and not a.suspended]})

    def _reader(self, call: Call) -> None:
        """For what anyone may read: a token is not needed, but one that is shown must stand."""
        if call.request.headers.get("authorization"):
            self._pds.authenticate(call, ACCESS)

    async def _get_posts(self, call: Call) -> Response:
        self._reader(call)
        uris = call.request.query_params.getlist("uris")
        if not uris:
            raise invalid('Error: Params must have the property "uris"')
        if len(uris) > POSTS_ASKED:
            raise invalid(f"Error: Params/uris must not have more than {POSTS_ASKED} elements")
        for i, uri in enumerate(uris):
            if not is_at_uri(uri):
                raise invalid(f"Error: Params/uris/{i} must be a valid at-uri")
        posts = [self._pds.post_at(uri) for uri in dict.fromkeys(uris)]
        return JSONResponse({"posts": [self._view(post) for post in posts if post]})

    async def _get_post_thread(self, call: Call) -> Response:
        self._reader(call)
        query = call.request.query_params
        uri = param(query.get("uri"), "uri")
        if not is_at_uri(uri):
            raise invalid("Error: Params/uri must be a valid at-uri")
        depth = min(number_of(query.get("depth"), "depth", THREAD_DEPTH), THREAD_DEPTH_MAX)
        height = min(number_of(query.get("parentHeight"), "parentHeight", THREAD_HEIGHT), THREAD_HEIGHT_MAX)
        post = self._pds.post_at(uri)
        if post is None:
            raise invalid(f"Post not found: {uri}", "NotFound")
        thread = self._thread(post, depth, [THREAD_REPLIES_MAX])
        above = self._store.ancestors(post, height)
        top, parent = (above[-1] if above else post), None
        if top.parent and len(above) < height:
            parent = {"$type": "app.bsky.feed.defs#notFoundPost", "uri": top.parent, "notFound": True}
        for ancestor in reversed(above):
            view: dict[str, Any] = {"$type": "app.bsky.feed.defs#threadViewPost", "post": self._view(ancestor)}
            parent = {**view, "parent": parent} if parent else view
        return JSONResponse({"thread": {**thread, "parent": parent} if parent else thread})

    def _thread(self, post: Post, depth: int, left: list[int]) -> dict[str, Any]:
        """A post and what stands below it, newest first. `left`: how many replies may still be given."""
        view: dict[str, Any] = {"$type": "app.bsky.feed.defs#threadViewPost", "post": self._view(post)}
        if depth > 0:
            replies = list(reversed(self._store.children(post)))[: left[0]]
            left[0] -= len(replies)
            view["replies"] = [self._thread(reply, depth - 1, left) for reply in replies]
        return view

    async def _search_posts(self, call: Call) -> Response:
        self._pds.authenticate(call, ACCESS)
        params = call.request.query_params
        asked = query_of(param(params.get("q"), "q"))
        named = {"from": params.get("author"), **{n: params.get(n) for n in ("mentions", "lang", "since", "until")}}
        asked.named |= {name: value for name, value in named.items() if value}
        asked.tags += [words_of(tag).strip() for tag in params.getlist("tag")]
        if asked.empty:
            raise invalid("Query string must not be empty", "BadQueryString")
        limit = limit_of(params.get("limit"), 25)
        cursor = params.get("cursor") or "0"
        if not (cursor.isascii() and cursor.isdigit()):
            raise invalid("Malformed cursor")
        offset = int(cursor)
        matches = self._matching(asked, params.get("url"), params.get("domain"))
        if params.get("sort") == "top":
            ranked = [post for _, post in zip(range(RANKED), matches, strict=False)]
            matches = iter(sorted(ranked, key=self._popularity, reverse=True))
        found = [post for _, post in zip(range(offset + limit + 1), matches, strict=False)][offset:]
        answer: dict[str, Any] = {"posts": [self._view(post) for post in found[:limit]]}
        if len(found) > limit:
            answer["cursor"] = str(offset + limit)
        return JSONResponse(answer)

    def _matching(self, asked: Query, url: str | None, domain: str | None) -> Iterator[Post]:
        """Posts that a search finds, the latest first. Raises XrpcError."""
        named = asked.named
        author, mentioned = (self._pds.find(named.get(name, "").lower()) for name in ("from", "mentions"))
        if ("from" in named and author is None) or ("mentions" in named and mentioned is None):
            return
        since, until = (_bound(named[name]) if name in named else None for name in ("since", "until"))
        domain = domain or named.get("domain")
        for post in self._store.newest(self.network, since=since, until=until):
            if not asked.matches(post.words) or (author and post.account_id != author.id):
                continue
            record = post.native["record"]
            features = [f for facet in record.get("facets") or [] for f in facet["features"]]
            if mentioned and not any(f.get("did") == mentioned.id for f in features):
                continue
            if "lang" in named and not any(tag.split("-")[0] == named["lang"] for tag in record.get("langs") or []):
                continue
            tags = [*(record.get("tags") or []), *(f.get("tag", "") for f in features)]
            if not {words_of(tag).strip() for tag in tags}.issuperset(asked.tags):
                continue
            links = [f["uri"] for f in features if "uri" in f]
            if (url and url not in links) or (domain and not any(urlsplit(u).hostname == domain for u in links)):
                continue
            yield post

    def _popularity(self, post: Post) -> int:
        counts = self._store.counts(post)
        return counts.likes + counts.shares + counts.replies + counts.quotes

    async def _list_notifications(self, call: Call) -> Response:
        account, _ = self._pds.authenticate(call, ACCESS)
        params = call.request.query_params
        limit, cursor = limit_of(params.get("limit")), params.get("cursor")
        if cursor is not None and not (cursor.isascii() and cursor.isdigit()):
            raise invalid("Malformed cursor")
        reasons = params.getlist("reasons")
        found: list[tuple[Notice, Post]] = []
        for notice, post in self._store.notices(self.network, account.id, before=int(cursor) if cursor else None):
            if not reasons or REASONS.get(notice.kind, notice.kind) in reasons:
                found.append((notice, post))
                if len(found) == limit:
                    break
        answer: dict[str, Any] = {"notifications": [self._notification(*each) for each in found], "priority": False}
        if found:
            answer["cursor"] = str(found[-1][0].id)
        return JSONResponse(answer)

    def _notification(self, notice: Notice, post: Post) -> dict[str, Any]:
        uri, record, link = post.remote_id, post.native["record"], post.native["cid"]
        if notice.kind in REACTIONS:
            collection = REACTIONS[notice.kind]
            record = {"$type": collection, "subject": reference(post), "createdAt": iso(notice.at)}
            uri, link = f"at://{notice.author_id}/{collection}/{tid_of(notice.at, notice.id)}", record_cid(record)
        view = {
            "uri": uri,
            "cid": link,
            "author": self._profile(self._store.accounts[self.network, notice.author_id]),
            "reason": REASONS.get(notice.kind, notice.kind),
            "record": record,
            "isRead": False,
            "indexedAt": iso(notice.at),
            "labels": [],
        }
        return view | ({"reasonSubject": notice.subject} if notice.subject else {})

    def _profile(self, account: Account) -> dict[str, Any]:
        return {
            "did": account.id,
            "handle": account.handle,
            "displayName": account.display_name,
            "avatar": f"{self._practice.public_url}/avatars/bluesky/{quote(account.handle)}.svg",
            "createdAt": iso(account.created_at),
        }

    def _profile_detailed(self, account: Account) -> dict[str, Any]:
        return {
            **self._profile(account),
            "description": "",
            "followersCount": account.followers,
            "followsCount": account.following,
            "postsCount": self._store.count_posts(self.network, account.id),
            "indexedAt": iso(account.created_at),
            "labels": [],
        }

    def _view(self, post: Post) -> dict[str, Any]:
        return self._post_view(self._store.accounts[self.network, post.account_id], post)

    def _post_view(self, account: Account, post: Post) -> dict[str, Any]:
        counts = self._store.counts(post)
        view: dict[str, Any] = {
            "uri": post.remote_id,
            "cid": post.native["cid"],
            "author": self._profile(account),
            "record": post.native["record"],
            "replyCount": counts.replies,
            "repostCount": counts.shares,
            "likeCount": counts.likes,
            "quoteCount": counts.quotes,
            "indexedAt": iso(post.accepted_at),
            "labels": [],
        }
        shown: dict[str, Any] | None = None
        if post.media and _media_embed(post.native["record"]) == "app.bsky.embed.images":
            shown = {
                "$type": "app.bsky.embed.images#view",
                "images": [
                    {"thumb": self._blob_url(account, m), "fullsize": self._blob_url(account, m), "alt": alt}
                    for m, alt in post.media
                ],
            }
        elif post.media and _media_embed(post.native["record"]) == "app.bsky.embed.video":
            link, alt = post.media[0]
            shown = {"$type": "app.bsky.embed.video#view", "cid": link, "playlist": self._blob_url(account, link)}
            shown |= {"alt": alt} if alt else {}
        elif _media_embed(post.native["record"]) == "app.bsky.embed.external":
            said = post.native["record"]["embed"]["external"]
            external = {name: said[name] for name in ("uri", "title", "description")}
            if post.media:
                external["thumb"] = self._blob_url(account, post.media[0][0])
            shown = {"$type": "app.bsky.embed.external#view", "external": external}
        if post.quoted:
            record = view["embed"] = {
                "$type": "app.bsky.embed.record#view",
                "record": self._quoted_view(post.quoted),
            }
            if shown:
                view["embed"] = {"$type": "app.bsky.embed.recordWithMedia#view", "record": record, "media": shown}
        elif shown:
            view["embed"] = shown
        return view

    def _quoted_view(self, uri: str) -> dict[str, Any]:
        post = self._pds.post_at(uri)
        if post is None:
            return {"$type": "app.bsky.embed.record#viewNotFound", "uri": uri, "notFound": True}
        account = self._store.accounts[self.network, post.account_id]
        return {
            "$type": "app.bsky.embed.record#viewRecord",
            "uri": post.remote_id,
            "cid": post.native["cid"],
            "author": self._profile(account),
            "value": post.native["record"],
            "labels": [],
            "indexedAt": iso(post.accepted_at),
        }

    def _blob_url(self, account: Account, link: str) -> str:
        did = quote(account.id, safe="")
        return f"{self._practice.public_url}/xrpc/com.atproto.sync.getBlob?did={did}&cid={link}"


def _media_embed(record: dict[str, Any]) -> str | None:
    embed = record.get("embed") or {}
    return (embed.get("media") or embed).get("$type")


def _bound(value: str) -> float:
    """A time or a day, as searchPosts takes them, in seconds since 1970."""
    try:
        at = datetime.fromisoformat(value)
    except ValueError as e:
        raise invalid("Invalid date or datetime in query", "BadQueryString") from e
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()
