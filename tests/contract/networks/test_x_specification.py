"""X's own specification, held by Prism between the connector and the practice X; and what the connector does with what
Prism answers by itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
import requests

from chalicelib.networks.contract import Account, RetryAfter, Unavailable
from chalicelib.networks.x import X
from infra.servers.prism import outside, start_prism
from tests.contract.networks.conftest import PRACTICE_APPS, publication
from tests.contract.networks.x_specification import SPECIFICATION, Scene, Through, everything, x_through_prism
from tests.required import started
from tests.unit.networks.material import specs

pytestmark = pytest.mark.servers


@pytest.fixture(scope="module")
def scene() -> Iterator[Scene]:
    through = x_through_prism(specs())
    scene = started(through.__enter__)
    try:
        yield scene
    finally:
        through.__exit__(None, None, None)


def test_every_request_and_every_answer_is_within_the_specification(scene: Scene) -> None:
    everything(scene)
    assert [each for each in scene.transport.asked if each.outside] == []
    assert {(each.method, each.path.strip("/").split("/")[1]) for each in scene.transport.asked} >= {
        ("POST", "tweets"), ("GET", "tweets"), ("PUT", "tweets"), ("DELETE", "tweets"), ("GET", "users"),
        ("POST", "media"), ("GET", "media"), ("POST", "oauth2"),
    }  # fmt: skip


WRONG = [
    ("POST", "/2/tweets", {"txt": "Bonjour"}),
    ("POST", "/2/tweets", {"text": "Bonjour", "media": {"media_ids": ["a"]}}),
    ("POST", "/2/tweets", {"text": "Bonjour", "media": {"media_ids": []}}),
    ("POST", "/2/tweets", {"text": "Bonjour", "reply": {"in_reply_to": "1"}}),
    ("POST", "/2/media/metadata", {"metadata": {"alt_text": {"text": "Le pont"}}}),
    ("POST", "/2/media/metadata", {"id": "1", "metadata": {"alt_text": {"text": "x" * 1001}}}),
    ("POST", "/2/media/upload/initialize", {"media_category": "picture"}),
    ("PUT", "/2/tweets/1/hidden", {"hidden": "yes"}),
    ("GET", "/2/users/1/mentions?max_results=3", None),
    ("GET", "/2/tweets/search/recent?max_results=10", None),
    ("GET", "/2/tweets?ids=1&post.fields=referenced_posts", None),
    ("DELETE", "/2/tweets/abc", None),
]


@pytest.mark.parametrize(("method", "path", "body"), WRONG)
def test_what_is_outside_the_specification_is_noticed(
    scene: Scene, method: str, path: str, body: dict[str, object] | None
) -> None:
    headers = {"Authorization": "Bearer whatever"}
    answer = requests.request(method, f"{scene.transport.prism}{path}", json=body, headers=headers, timeout=10)
    assert outside(answer.content) is not None, answer.text


def test_a_rate_limit_by_the_specification_is_waited_for() -> None:
    with started(lambda: start_prism(specs() / SPECIFICATION)) as prism:
        transport = Through(prism=prism.url, practice=prism.url, more={"Prefer": "code=429"})
        network = X(transport, lambda: PRACTICE_APPS["x"])
        account = Account("p1", prism.url, "1", "mairie", {"access": "whatever"})
        for post in (publication("Bonjour"), publication("Bonjour", reply_to="1")):
            outcome = network.publish(account, post, lambda: None)
            assert isinstance(outcome, RetryAfter)
            assert outcome.code == "rate_limited"
        with pytest.raises(Unavailable) as raised:
            network.inbox(replace(account), cursor=None)
        assert raised.value.code == "rate_limited"
        assert {each.status for each in transport.asked} == {429}
