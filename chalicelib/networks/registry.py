"""The networks that there are, by name. Light to import: a connector is imported when it is first built."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalicelib.networks.contract import Capabilities, Network, OAuthNetwork, PasswordNetwork, Pushed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chalicelib.networks.transport import Transport

NETWORKS = ("bluesky", "mastodon", "facebook")


class UnknownNetwork(KeyError):
    """No network goes by this name."""


def build(name: str, transport: Transport) -> Network:
    """Raises UnknownNetwork."""
    if name in ("bluesky", "facebook"):
        return password_network(name, transport)
    if name == "mastodon":
        return oauth_network(name, transport)
    raise UnknownNetwork(name)


def password_network(name: str, transport: Transport) -> PasswordNetwork:
    """A network that is connected by an app password or a page's token. Raises UnknownNetwork for any other."""
    if name == "bluesky":
        from chalicelib.networks.bluesky import Bluesky

        return Bluesky(transport)
    if name == "facebook":
        from chalicelib.networks.facebook import Facebook

        return Facebook(transport)
    raise UnknownNetwork(name)


def oauth_network(name: str, transport: Transport) -> OAuthNetwork:
    """A network that is connected by OAuth. Raises UnknownNetwork for any other."""
    if name == "mastodon":
        from chalicelib.networks.mastodon import Mastodon

        return Mastodon(transport)
    raise UnknownNetwork(name)


def capabilities(transport: Transport) -> list[Capabilities]:
    """Of every network, in the order in which people are shown them."""
    return [build(name, transport).capabilities() for name in NETWORKS]


def parse_push(name: str, body: Mapping[str, object] | str | bytes) -> list[Pushed]:
    """What a signed push of a network says, message by message; the same whether it is given as JSON or as its text.

    Raises NotUnderstood, also for a network that tells us nothing by itself.
    """
    from chalicelib.networks import pushes

    return pushes.parse_push(name, body)
