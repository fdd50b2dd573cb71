"""/api/media."""

from __future__ import annotations

from chalicelib.api.routing import Call
from chalicelib.api.shapes import media as shapes
from chalicelib.errors import NotFound
from chalicelib.media.media import Media
from chalicelib.media.uploading import announce


def post_media(call: Call, asked: shapes.NewMedia) -> shapes.MediaUpload:
    """Announce an image or a video; the answer says where to send its bytes."""
    media, url, until = announce(
        department=asked.department,
        filename=asked.filename,
        content_type=asked.content_type,
        size=asked.size,
        image_bytes_max=call.house.settings.image_bytes_max,
        video_bytes_max=call.house.settings.video_bytes_max,
        actor=call.actor,
        store=call.house.store,
        bucket=call.house.bucket,
        clock=call.house.clock,
    )
    upload = shapes.Upload(method="PUT", url=url, headers={"Content-Type": asked.content_type}, expires_at=until)
    return shapes.MediaUpload(media=media_shape(call, media), upload=upload)


def get_media(call: Call) -> shapes.Media:
    """What became of an upload, and an address to look at it."""
    media = call.house.store.get(Media, Media.key_of(call.actor.agency, call.path["id"]))
    if media is None:
        raise NotFound
    return media_shape(call, media)


def media_shape(call: Call, media: Media) -> shapes.Media:
    url = None
    if media.state == "ready":
        url = call.house.bucket.look_address(media.object_key, content_type=media.content_type)
    return shapes.Media(
        id=media.id,
        state=media.state,
        reason=media.reason,
        filename=media.filename,
        content_type=media.content_type,
        size=media.size,
        width=media.width,
        height=media.height,
        duration_s=media.duration_s,
        url=url,
        copies=[
            shapes.MediaCopy(content_type=each.content_type, size=each.size, width=each.width, height=each.height)
            for each in media.renditions
        ],
    )
