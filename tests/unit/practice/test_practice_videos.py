"""Videos on the practice networks: how each takes, prepares, shows and refuses one, against the specifications."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import httpx
from jsonschema import Draft202012Validator

from infra.local.practice import facebook_videos
from infra.local.practice.server import running
from tests.unit.networks.graph_spec import unknown_fields
from tests.unit.networks.material import specs as specs_folder

from .conftest import BlueskyClient, MastodonClient, Server, png, post_record, schema_of

MP4 = b"\x00\x00\x00\x18ftypisom" + b"film" * 300_000
V = "/v25.0"


# ---------------------------------------------------------------- Mastodon


def _handed(mastodon: MastodonClient, data: bytes = MP4) -> httpx.Response:
    files = {"file": ("v.mp4", data, "video/mp4")}
    return mastodon.server.http.post(
        "/api/v2/media", files=files, data={"description": "Le pont"}, headers=mastodon.auth
    )


def test_mastodon_prepares_a_video_beside_the_request(mastodon: MastodonClient, specs: Path) -> None:
    mastodon.server.settings(media_processing_seconds=0.4)
    handed = _handed(mastodon)
    assert (handed.status_code, handed.json()["type"], handed.json()["url"]) == (202, "video", None)
    where = f"/api/v1/media/{handed.json()['id']}"
    assert mastodon.get(where).status_code == 206
    assert mastodon.publish(status="Trop tôt", media_ids=[handed.json()["id"]]).status_code == 422
    time.sleep(0.5)
    ready = mastodon.get(where)
    assert ready.status_code == 200
    for answer in (handed.json(), ready.json()):
        assert list(Draft202012Validator(schema_of(specs, "MediaAttachment")).iter_errors(answer)) == []
    status = mastodon.publish(status="Un film", media_ids=[handed.json()["id"]]).json()
    assert status["media_attachments"][0]["description"] == "Le pont"
    assert mastodon.get(where).status_code == 404, "what a status shows is not asked for any more"
    shown = mastodon.server.http.get(f"/@ville/{status['id']}").text
    assert '<source src="/media/' in shown and 'type="video/mp4"' in shown


def test_mastodon_says_of_what_is_no_video_that_it_could_not_prepare_it(mastodon: MastodonClient) -> None:
    handed = _handed(mastodon, b"no video at all")
    assert handed.status_code == 202
    assert mastodon.get(f"/api/v1/media/{handed.json()['id']}").status_code == 422


def test_a_status_on_mastodon_has_images_or_one_video(mastodon: MastodonClient) -> None:
    film, picture = _handed(mastodon).json()["id"], mastodon.upload(png()).json()["id"]
    refused = mastodon.publish(status="Les deux", media_ids=[film, picture])
    assert refused.status_code == 422
    assert "already contains images" in refused.json()["error"]
    stated = mastodon.get("/api/v2/instance").json()["configuration"]["media_attachments"]
    assert "video/mp4" in stated["supported_mime_types"]
    assert stated["video_size_limit"] == 99 * 1024 * 1024


# ---------------------------------------------------------------- Bluesky


def test_bluesky_takes_a_video_as_a_blob(bluesky: BlueskyClient) -> None:
    blob = bluesky.upload(MP4, "application/octet-stream")
    assert blob["mimeType"] == "video/mp4", "servers look at the bytes"
    embed = {"$type": "app.bsky.embed.video", "video": blob, "alt": "Le pont"}
    answer = bluesky.put("3jzfcijpj2z2a", post_record("Un film", embed=embed))
    assert answer.status_code == 200, answer.text
    shown = bluesky.server.http.get("/").text
    assert 'type="video/mp4"' in shown and blob["ref"]["$link"] in shown
    other = bluesky.upload(b"plain words", "text/plain")
    refused = bluesky.put("3jzfcijpj2z2b", post_record("Rien", embed={**embed, "video": other}))
    assert (refused.status_code, refused.json()["error"]) == (400, "InvalidMimeType")


# ---------------------------------------------------------------- Facebook


class Page:
    def __init__(self, http: httpx.Client) -> None:
        self.http = http
        account = {"network": "facebook", "handle": "ville", "display_name": "Ville", "password": "page-t0ken"}
        assert http.post("/practice/accounts", json=account).is_success
        self.id = str(self.get("me")["id"])

    def get(self, node: str, **query: str) -> dict[str, Any]:
        return dict(self.http.get(f"{V}/{node}", params=query, headers=self.auth).json())

    def videos(self, part: bytes | None = None, **form: Any) -> dict[str, Any]:
        files = {"video_file_chunk": ("v", part, "application/octet-stream")} if part is not None else None
        answer = self.http.post(f"{V}/{self.id}/videos", data=form, files=files, headers=self.auth)
        return dict(answer.json())

    def handed(self, data: bytes = MP4) -> tuple[str, str]:
        """The session and the video."""
        said = self.videos(upload_phase="start", file_size=len(data))
        session, video = said["upload_session_id"], said["video_id"]
        while said["start_offset"] != said["end_offset"]:
            first, end = int(said["start_offset"]), int(said["end_offset"])
            said = self.videos(
                data[first:end], upload_phase="transfer", upload_session_id=session, start_offset=str(first)
            )
        return session, video

    def finish(self, session: str, text: str = "Un film") -> dict[str, Any]:
        return self.videos(upload_phase="finish", upload_session_id=session, description=text)

    def status(self, video: str) -> str:
        return str(self.get(video, fields="status")["status"]["video_status"])

    def posts(self) -> list[dict[str, Any]]:
        return list(self.get(f"{self.id}/published_posts", fields="id,message,attachments{media_type}")["data"])

    @property
    def auth(self) -> dict[str, str]:
        return {"Authorization": "Bearer page-t0ken"}


def test_facebook_posts_a_video_when_its_upload_is_closed_and_shows_it_when_it_is_prepared(server: Server) -> None:
    page = Page(server.http)
    server.settings(media_processing_seconds=0.4)
    session, video = page.handed()
    assert (page.status(video), page.posts()) == ("processing", [])
    assert page.finish(session) == {"success": True}
    said = page.get(video, fields="status,published,post_id")
    assert (said["status"]["processing_phase"], said["published"]) == ({"status": "in_progress"}, False)
    assert "post_id" not in said
    assert page.posts() == []
    time.sleep(0.5)
    said = page.get(video, fields="status,published,post_id,permalink_url,description")
    assert said["status"]["publishing_phase"] == {"status": "complete", "publish_status": "published"}
    (post,) = page.posts()
    assert (said["post_id"], post["message"], said["published"]) == (post["id"], "Un film", True)
    assert post["attachments"]["data"] == [{"media_type": "video", "type": "video_inline"}]
    assert 'type="video/mp4"' in server.http.get(said["permalink_url"]).text


def test_an_upload_that_was_closed_is_gone_and_makes_no_second_post(server: Server) -> None:
    page = Page(server.http)
    session, _ = page.handed()
    assert page.finish(session) == {"success": True}
    assert page.finish(session)["error"]["error_subcode"] == 33
    assert len(page.posts()) == 1


def test_facebook_names_what_is_wrong_with_an_upload(server: Server) -> None:
    page = Page(server.http)

    def subcode(answer: dict[str, Any]) -> int:
        return int(answer["error"]["error_subcode"])

    assert subcode(page.videos(upload_phase="start", file_size=2)) == 1363022
    assert subcode(page.videos(upload_phase="start", file_size=3_000_000_000)) == 1363023
    session = page.videos(upload_phase="start", file_size=len(MP4))["upload_session_id"]
    part = {"upload_phase": "transfer", "upload_session_id": session}
    assert subcode(page.videos(MP4[:10], **part, start_offset="5")) == 1363037
    assert subcode(page.videos(**part, start_offset="0")) == 1363020
    assert subcode(page.finish(session)) == 1363033
    assert subcode(page.videos(MP4, upload_phase="transfer", upload_session_id="1", start_offset="0")) == 33
    assert page.videos(upload_phase="later")["error"]["code"] == 100


def test_facebook_says_of_what_is_no_video_that_it_failed(server: Server) -> None:
    page = Page(server.http)
    session, video = page.handed(b"no video at all, but long enough")
    assert page.finish(session) == {"success": True}
    assert (page.status(video), page.posts()) == ("error", [])


def test_a_video_of_another_page_cannot_be_closed_and_one_that_was_posted_outlives_a_restart(tmp_path: Path) -> None:
    with running(tmp_path / "data") as it, httpx.Client(base_url=it.url, timeout=10) as http:
        page = Page(http)
        session, video = page.handed()
        http.post(
            "/practice/accounts",
            json={"network": "facebook", "handle": "autre", "display_name": "Autre", "password": "0ther"},
        )
        other = {"Authorization": "Bearer 0ther"}
        me = http.get(f"{V}/me", headers=other).json()["id"]
        form = {"upload_phase": "finish", "upload_session_id": session}
        assert http.post(f"{V}/{me}/videos", data=form, headers=other).json()["error"]["error_subcode"] == 33
        page.finish(session)
        port = int(it.url.rpartition(":")[2])
    with running(tmp_path / "data", port=port) as it, httpx.Client(base_url=it.url, timeout=10) as http:
        page = Page(http)
        assert page.get(video, fields="post_id")["post_id"] == page.posts()[0]["id"]
        assert page.http.delete(f"{V}/{page.posts()[0]['id']}", headers=page.auth).json() == {"success": True}
        assert page.get(video)["error"]["error_subcode"] == 33


def test_facebooks_videos_have_no_field_that_meta_does_not_know() -> None:
    assert unknown_fields("AdVideo", facebook_videos.VIDEO_FIELDS, specs_folder()) is None
