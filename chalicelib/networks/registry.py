"""The networks that there are, by name. Light to import: a connector is imported when it is first built."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalicelib.networks.contract import Capabilities, Network, OAuthNetwork, PasswordNetwork

if TYPE_CHECKING:
    from chalicelib.networks.transport import Transport

NETWORKS = ("bluesky", "mastodon")


class UnknownNetwork(KeyError):
    """No network goes by this name."""


def build(name: str, transport: Transport) -> Network:
    """Raises UnknownNetwork."""
    if name == "bluesky":
        return password_network(name, transport)
    if name == "mastodon":
        return oauth_network(name, transport)
    raise UnknownNetwork(name)


def password_network(name: str, transport: Transport) -> PasswordNetwork:
    """A network that is connected by an app password. Raises UnknownNetwork for any other."""
    if name == "bluesky":
        from chalicelib.networks.bluesky import Bluesky

        return Bluesky(transport)
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
