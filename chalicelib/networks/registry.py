"""The networks that there are, by name. Light to import: a connector is imported when it is first built."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalicelib.networks.contract import App, Network, Pushed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from chalicelib.networks.transport import Transport


class UnknownNetwork(KeyError):
    """No network goes by this name."""


def _bluesky(transport: Transport, app: App) -> Network:
    from chalicelib.networks.bluesky import Bluesky

    return Bluesky(transport)


def _mastodon(transport: Transport, app: App) -> Network:
    from chalicelib.networks.mastodon import Mastodon

    return Mastodon(transport)


def _facebook(transport: Transport, app: App) -> Network:
    from chalicelib.networks.facebook import Facebook

    return Facebook(transport, app)


def _instagram(transport: Transport, app: App) -> Network:
    from chalicelib.networks.instagram import Instagram

    return Instagram(transport, app)


def _threads(transport: Transport, app: App) -> Network:
    from chalicelib.networks.threads import Threads

    return Threads(transport, app)


def _x(transport: Transport, app: App) -> Network:
    from chalicelib.networks.x import X

    return X(transport, app)


def _linkedin(transport: Transport, app: App) -> Network:
    from chalicelib.networks.linkedin import LinkedIn

    return LinkedIn(transport, app)


def _youtube(transport: Transport, app: App) -> Network:
    from chalicelib.networks.youtube import YouTube

    return YouTube(transport, app)


def _rss(transport: Transport, app: App) -> Network:
    from chalicelib.networks.rss import Rss

    return Rss(transport)


_CONNECTORS: dict[str, Callable[[Transport, App], Network]] = {
    "bluesky": _bluesky,
    "mastodon": _mastodon,
    "facebook": _facebook,
    "instagram": _instagram,
    "threads": _threads,
    "x": _x,
    "linkedin": _linkedin,
    "youtube": _youtube,
    "rss": _rss,
}

NETWORKS = tuple(_CONNECTORS)
"""In the order in which people are shown them."""


def build(name: str, transport: Transport, app: App) -> Network:
    """app: our application with this network. Raises UnknownNetwork."""
    if name not in _CONNECTORS:
        raise UnknownNetwork(name)
    return _CONNECTORS[name](transport, app)


def parse_push(name: str, body: Mapping[str, object] | str | bytes) -> list[Pushed]:
    """What a signed push of a network says, message by message; the same whether it is given as JSON or as its text.

    Raises NotUnderstood, also for a network that tells us nothing by itself.
    """
    from chalicelib.networks import pushes

    return pushes.parse_push(name, body)
