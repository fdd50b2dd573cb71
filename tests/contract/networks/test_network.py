"""What every network connector does, on every target alike."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from chalicelib.networks.contract import (
    Account,
    CredentialsRefused,
    Halted,
    LinkCard,
    OutcomeUnknown,
    Published,
    Reauthorise,
    Rejected,
)
from tests.contract.networks.conftest import Target, account_of, image, publication


def _open() -> None:
    pass


def _since() -> datetime:
    return datetime.now(UTC) - timedelta(seconds=1)


def _text(words: str) -> str:
    return f"{words} n° {uuid4().hex[:12]}"


def test_connecting_answers_who_it_is(target: Target, account: Account) -> None:
    assert account.remote_id
    assert account.handle
    assert "access" in account.secrets
    assert account.secrets["access"] not in repr(account)


def test_wrong_credentials_are_refused(target: Target) -> None:
    with pytest.raises(CredentialsRefused) as refused:
        target.connect("not the password")
    assert "not the password" not in str(refused.value)


def test_a_text_with_emoji_link_hashtag_and_accents_is_published(target: Target, account: Account) -> None:
    before = target.standing(account)
    text = _text("Été 🎉👩‍👩‍👧 : le pont *fermé* à #Lyon, voir https://ville.example/travaux?rue=1&côté=2. snake_case")
    outcome = target.network.publish(account, publication(text), _open)
    assert isinstance(outcome, Published), outcome
    assert outcome.remote_id
    assert target.standing(account) == before + 1


def test_an_image_is_published_with_its_description(target: Target, account: Account) -> None:
    files = (image(), image("Le plan de déviation", "orange"))
    outcome = target.network.publish(account, publication(_text("Avec deux images"), media=files), _open)
    assert isinstance(outcome, Published), outcome
    assert target.alt_texts(account, outcome.remote_id) == [file.alt for file in files]


def test_check_and_the_server_refuse_the_same_text(target: Target, account: Account) -> None:
    limits = target.network.limits(account.limits)
    longest, longer = "é" * limits.text_max, "é" * (limits.text_max + 1)
    assert target.network.check(longest, (), limits) == []
    problems = target.network.check(longer, (), limits)
    assert [(p.code, p.limit, p.actual) for p in problems] == [("text_too_long", limits.text_max, limits.text_max + 1)]
    if not target.refuses_long_text:
        pytest.skip("this server states a limit and does not enforce it")
    before = target.standing(account)
    outcome = target.network.publish(account, publication(longer), _open)
    assert isinstance(outcome, Rejected), outcome
    assert target.standing(account) == before


def test_what_was_published_is_found(target: Target, account: Account) -> None:
    since = _since()
    post = publication(_text("Trouvez-moi 🧭 #ici https://ville.example/a @mairie@elsewhere.example"))
    outcome = target.network.publish(account, post, _open)
    assert isinstance(outcome, Published), outcome
    found = target.network.find(account, post, since=since)
    assert [sighting.remote_id for sighting in found] == [outcome.remote_id]
    assert found[0].exact is target.network.capabilities().chosen_id
    assert abs(found[0].created_at - datetime.now(UTC)) < timedelta(seconds=60)


def test_what_was_not_published_is_not_found(target: Target, account: Account) -> None:
    since = _since()
    assert isinstance(target.network.publish(account, publication(_text("Un autre")), _open), Published)
    assert target.network.find(account, publication(_text("Jamais parti")), since=since) == []


def test_a_link_card_goes_with_its_post_which_is_found_again(target: Target, account: Account) -> None:
    able = target.network.capabilities()
    if able.link_cards == "none":
        pytest.skip("this network shows no card of a link")
    began, before = _since(), target.standing(account)
    for picture in (None, image()):
        if picture is not None and able.card_limits is None:
            continue  # no picture is asked for where the network makes the card
        url = f"https://ville.example/{uuid4().hex[:8]}"
        card = LinkCard(url, "Le pont est fermé", "Jusqu’à midi, rue Haute 🌉", picture)
        post = publication(_text(f"Voir {url} :"), card=card)
        outcome = target.network.publish(account, post, _open)
        assert isinstance(outcome, Published), outcome
        assert [each.remote_id for each in target.network.find(account, post, since=began)] == [outcome.remote_id]
        if target.chosen_id:
            again = target.network.publish(account, post, _open)
            assert isinstance(again, Published) and again.remote_id == outcome.remote_id
    assert target.standing(account) == before + (2 if able.card_limits else 1)


def test_the_number_of_images_tells_two_posts_apart(target: Target, account: Account) -> None:
    since = _since()
    post = publication(_text("Sans image"))
    assert isinstance(target.network.publish(account, post, _open), Published)
    assert target.network.find(account, replace(post, key=uuid4().hex, media=(image(),)), since=since) == []


def test_parts_of_a_thread_with_equal_words_are_told_apart_by_what_they_answer(
    target: Target, account: Account
) -> None:
    if not target.network.capabilities().threads:
        pytest.skip("this network has no threads")
    since = _since()
    words = _text("Et encore")
    parts = [publication(_text("Un fil"))]
    ids: list[str] = []
    for _ in range(3):
        outcome = target.network.publish(account, parts[-1], _open)
        assert isinstance(outcome, Published), outcome
        ids.append(outcome.remote_id)
        parts.append(publication(words, reply_to=outcome.remote_id))
    for part, remote_id in zip(parts, ids, strict=False):
        found = target.network.find(account, part, since=since)
        assert [sighting.remote_id for sighting in found] == [remote_id]
    assert target.network.find(account, parts[3], since=since) == []


def test_trap_2_a_repeated_publication_under_a_chosen_id_makes_one_post(target: Target, account: Account) -> None:
    if not target.chosen_id:
        pytest.skip("this network does not let us choose the id; reconciliation settles it")
    before = target.standing(account)
    post = publication(_text("Une seule fois"), media=(image(),))
    first = target.network.publish(account, post, _open)
    second = target.network.publish(account, post, _open)
    assert isinstance(first, Published)
    assert isinstance(second, Published)
    assert first.remote_id == second.remote_id
    assert target.standing(account) == before + 1


def test_trap_14_a_halt_at_the_gate_posts_nothing(target: Target, account: Account) -> None:
    def halt() -> None:
        raise Halted

    before = target.standing(account)
    for files in ((), (image(),)):
        with pytest.raises(Halted):
            target.network.publish(account, publication(_text("Arrêté"), media=files), halt)
    assert target.standing(account) == before


def test_a_halt_between_image_and_post_posts_nothing(target: Target, account: Account) -> None:
    if target.name == "fake":
        pytest.skip("the fake takes an image and its post in one step unless told otherwise")
    passed = []

    def halt_at_the_second_step() -> None:
        passed.append(1)
        if len(passed) > 1:
            raise Halted

    before = target.standing(account)
    with pytest.raises(Halted):
        target.network.publish(account, publication(_text("À moitié"), media=(image(),)), halt_at_the_second_step)
    assert len(passed) == 2
    assert target.standing(account) == before


def test_trap_22_a_token_that_does_not_stand_asks_for_a_person(target: Target, account: Account) -> None:
    before = target.standing(account)
    stranger = replace(account, secrets={**account.secrets, "access": "not-a-token"})
    outcome = target.network.publish(stranger, publication(_text("Sans droit")), _open)
    assert isinstance(outcome, Reauthorise), outcome
    assert target.standing(account) == before


def test_trap_19_a_refreshed_session_publishes(target: Target) -> None:
    account = account_of(target.connect(None))
    renewed = target.network.refresh(account)
    if not target.refreshes:
        assert renewed is None
        return
    assert renewed is not None
    assert renewed.remote_id == account.remote_id
    assert renewed.secrets != account.secrets
    assert renewed.expires_at is not None
    shortest, longest = target.token_stands
    assert shortest < renewed.expires_at - datetime.now(UTC) < longest
    outcome = target.network.publish(account_of(renewed), publication(_text("Renouvelé")), _open)
    assert isinstance(outcome, Published), outcome


def test_trap_16_a_server_that_is_away_disconnects_nobody(target: Target, account: Account) -> None:
    if target.name == "fake":
        pytest.skip("the fake is never away")
    nobody = replace(account, server="http://127.0.0.1:9")
    outcome = target.network.publish(nobody, publication(_text("Personne")), _open)
    assert not isinstance(outcome, Reauthorise | Rejected | OutcomeUnknown), outcome


def test_trap_13_a_refused_image_names_its_file(target: Target, account: Account) -> None:
    limits = target.network.limits(account.limits)
    too_large = replace(image(), filename="plan.png", size=limits.image_bytes_max + 1)
    problems = target.network.check("Plan", (too_large,), limits)
    assert [(p.code, p.field) for p in problems] == [("media_too_large", f"media/{too_large.media_id}")]
    assert "plan.png" in problems[0].hint


def test_bytes_that_changed_since_approval_do_not_leave(target: Target, account: Account) -> None:
    if target.name == "fake":
        pytest.skip("the fake reads no bytes")
    before = target.standing(account)
    changed = replace(image(), sha256="0" * 64)
    outcome = target.network.publish(account, publication(_text("Autre image"), media=(changed,)), _open)
    assert outcome == Rejected("media_changed", f"{changed.filename} is not the file that was attached.")
    assert target.standing(account) == before
