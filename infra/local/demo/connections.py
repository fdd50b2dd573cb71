"""Connecting the agency's accounts on the practice networks, by the same routes as a person does."""

from __future__ import annotations

import re
from html import unescape
from urllib.parse import parse_qs, urljoin, urlsplit

import requests

from infra.local.demo.visitor import RefusedError, Visitor

ACCOUNTS = (
    ("bluesky", "rivemont.practice.test", "Ville de Rivemont", "communications", 4_812),
    ("mastodon", "rivemont", "Ville de Rivemont", "communications", 2_340),
    ("bluesky", "police.rivemont.practice.test", "Police de Rivemont", "police", 6_105),
    ("mastodon", "eau_rivemont", "Eau et voirie, Rivemont", "water", 918),
    ("facebook", "villederivemont", "Ville de Rivemont", "communications", 11_260),
)
"""network, handle, name, department, followers"""

TO_CONNECT = (
    ("x", "ville_rivemont", "Ville de Rivemont", 7_450),
    ("instagram", "villederivemont", "Ville de Rivemont", 7_430),
    ("threads", "villederivemont", "Ville de Rivemont", 1_205),
    ("linkedin", "ville-de-rivemont", "Ville de Rivemont", 1_904),
    ("youtube", "villederivemont", "Ville de Rivemont", 377),
    ("rss", "gazette", "La Gazette de Rivemont", 0),
)
"""Accounts that stand on the practice networks for a person to connect: network, handle, name, followers."""


def connect_accounts(visitor: Visitor, practice: str, password: str) -> dict[str, str]:
    """handle -> profile id, of all of them; those that are connected already are left alone."""
    present = {
        (
            profile["network"],
            profile["handle"].split("@")[0] if profile["network"] == "mastodon" else profile["handle"],
        ): profile["id"]
        for profile in visitor.call("GET", "/api/profiles")["items"]
    }
    for network, handle, name, followers in TO_CONNECT:
        _make(practice, network, handle, name, password, followers)
    profiles = {}
    for network, handle, name, department, followers in ACCOUNTS:
        _make(practice, network, handle, name, password, followers)
        profiles[handle] = present.get((network, handle)) or connect(
            visitor, network, practice, handle, password, department
        )
    return profiles


def _make(practice: str, network: str, handle: str, name: str, password: str, followers: int) -> None:
    account = {
        "network": network,
        "handle": handle,
        "display_name": name,
        "password": password,
        "followers": followers,
    }
    requests.post(f"{practice}/practice/accounts", json=account, timeout=10).raise_for_status()


def connect(visitor: Visitor, network: str, server: str, handle: str, password: str, department: str) -> str:
    """The new profile's id."""
    asked = {"network": network, "department": department, "server": server}
    if network not in ("mastodon", "x"):  # a practice Page's token is the password that its account was given
        asked |= {"identifier": handle, "app_password": password}
    begun = visitor.call("POST", "/api/connections", asked)
    if begun["profile"] is not None:
        return str(begun["profile"]["id"])
    returned = visitor.call(
        "POST", f"/api/connections/{begun['id']}/code", agree(begun["authorize_url"], handle, password)
    )
    return str(returned["profile"]["id"])


def agree(authorize_url: str, handle: str, password: str) -> dict[str, str]:
    """What a person does on a practice network's own page: the code and the state that come back."""
    page = requests.get(authorize_url, timeout=10)
    hidden = dict(re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)"', page.text))
    fields = {name: unescape(value) for name, value in hidden.items()}
    action = re.search(r'<form method="post" action="([^"]*)"', page.text)
    agreed = requests.post(
        urljoin(authorize_url, unescape(action[1]) if action else ""),
        data={**fields, "username": handle, "password": password, "decision": "allow"},
        allow_redirects=False,
        timeout=10,
    )
    answer = parse_qs(urlsplit(agreed.headers.get("Location", "")).query)
    if "code" not in answer:
        raise RefusedError(f"{handle}: the practice network gave no code ({agreed.status_code})")
    return {"code": answer["code"][0], "state": answer["state"][0]}
