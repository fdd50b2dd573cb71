"""Telling people: nothing lost, nothing twice, and where neither can be known, never lost."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest

from chalicelib.alerts import duty
from chalicelib.alerts.alert import tellings_of
from chalicelib.alerts.channels import DeviceGone, NotTaken, Refused, Unheard
from chalicelib.alerts.duty import Notifications
from chalicelib.alerts.sending import LATER_S, LEASE, TRIES_MAX, UNHEARD_MAX
from chalicelib.alerts.telling import SEALED_MAX, Letter, Telling, make_telling
from chalicelib.alerts.watch import look
from chalicelib.errors import Upstream
from chalicelib.records.event import Event
from tests.fakes.alerts import TownHall
from tests.fakes.house import AGENCY
from tests.fakes.queue import Killed


@pytest.fixture
def hall() -> TownHall:
    return TownHall()


def waits(
    hall: TownHall, *, channel: str = "mail", person: str | None = None, about: str = "POST#p", id: str = "t1"
) -> Telling:
    made = make_telling(
        Letter("Sujet", "Corps", "https://parvis.example/x"),
        agency=AGENCY,
        id=id,
        about=about,
        channel=channel,  # type: ignore[arg-type]
        person=person,
        address="maitre@droit.example" if channel == "mail" else "",
        vault=hall.house.vault,
        now=hall.clock.now(),
    )
    hall.store.save(made)
    hall.tellings.send([made])
    return made


def settled(hall: TownHall) -> Telling:
    [found] = hall.told()
    return found


def rung(hall: TownHall) -> None:
    hall.write(30)
    hall.minutes(1)


def test_a_mail_is_sent_and_written_down_and_its_words_are_gone(hall: TownHall) -> None:
    waits(hall)
    assert hall.tell() == ["told"]
    assert hall.mailer.accepted == [("maitre@droit.example", Letter("Sujet", "Corps", "https://parvis.example/x"))]
    told = settled(hall)
    assert (told.state, told.sealed, told.told_at) == ("told", "", hall.clock.now())
    assert list(hall.store.query(Telling, Telling.waiting_partition(AGENCY))) == []


def test_a_message_that_comes_twice_or_late_tells_once(hall: TownHall) -> None:
    hall.tellings.doubles = True
    made = waits(hall)
    assert hall.tell() == ["told", "settled"]
    hall.tellings.send([made])
    assert hall.tell() == ["settled", "settled"]
    assert len(hall.mailer.accepted) == 1


def test_two_workers_at_once_tell_once(hall: TownHall) -> None:
    made = waits(hall)
    inner: list[str] = []

    def meanwhile() -> None:
        hall.tellings.send([made])
        inner.extend(hall.tell())

    hall.mailer.next_outcomes(meanwhile)
    assert hall.tell() == ["told"]
    assert inner == ["under_way"] and len(hall.mailer.accepted) == 1


def test_what_was_not_taken_is_tried_again_at_once_and_then_by_others(hall: TownHall) -> None:
    waits(hall)
    hall.mailer.next_outcomes(*[NotTaken("mail_busy")] * 4)
    assert hall.tell() == ["later"]
    assert hall.clock.slept == [0.5, 2.0]
    assert settled(hall).reason == "mail_busy"
    assert hall.minutes(3) == ["told"]
    assert len(hall.mailer.accepted) == 1


def test_a_channel_that_never_takes_it_is_given_up_aloud(hall: TownHall) -> None:
    waits(hall)
    hall.mailer.next_outcomes(*[NotTaken("mail_busy")] * 100)
    results = hall.tell() + hall.minutes(sum(LATER_S) // 60 + 20)
    assert results == ["later"] * len(LATER_S) + ["failed"]
    assert (settled(hall).state, settled(hall).reason) == ("failed", "mail_busy")
    assert "Parvis: telling_failed" in hall.house.topic.subjects
    assert "maitre" not in str(hall.house.topic.told) and "Corps" not in str(hall.house.topic.told)


def test_what_will_never_be_taken_is_not_tried_again(hall: TownHall) -> None:
    waits(hall)
    hall.mailer.next_outcomes(Refused("mail_refused", "MessageRejected"))
    assert hall.tell() == ["failed"]
    assert hall.minutes(10) == [] and hall.mailer.attempts == 1
    assert hall.house.topic.subjects == ["Parvis: telling_failed"]


def test_an_answer_that_was_not_heard_is_sent_again_but_not_for_ever(hall: TownHall) -> None:
    """A second mail is better than none, and it says that it is the same."""

    def silence() -> None:
        raise Unheard("mail_unheard")

    waits(hall)
    hall.mailer.next_outcomes(*[silence] * 10)
    results = hall.tell() + hall.minutes(60)
    assert results == ["later"] * (UNHEARD_MAX - 1) + ["failed"]
    assert len(hall.mailer.accepted) == UNHEARD_MAX
    hall.mailer.next_outcomes()
    assert settled(hall).reason == "mail_unheard"


@pytest.mark.parametrize("seed", range(12))
def test_sns_failing_half_the_time_loses_nothing_and_doubles_nothing(seed: int) -> None:
    hall = TownHall()
    hall.push.half = hall.mailing_list.half = random.Random(seed)
    for token, person in (("phone", hall.fleur), ("tablet", hall.ed)):
        duty.register(person, name=token, token=token, store=hall.store, push=hall.push, now=hall.clock.now())
    rung(hall)
    hall.minutes(2)
    hall.write(90)
    hall.minutes(140)
    assert sorted(hall.mailing_list.told) == ["ville.ed", "ville.ed", "ville.fleur", "ville.fleur"]
    assert sorted(hall.push.told) == ["arn:endpoint:phone"] * 2 + ["arn:endpoint:tablet"] * 2
    assert {each.state for each in hall.told()} == {"told"}


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("step", [1, 2, 3])
def test_a_worker_killed_anywhere_loses_nothing(step: int, after: bool) -> None:
    """Step 1 is the claim, 2 the call, 3 writing it down. Killed between the call and the record, it sends twice:
    that cannot be told from a call that was never made."""
    hall = TownHall()
    waits(hall)
    hall.fate.spare()
    hall.fate.kill(step, after=after)
    assert hall.tell() == ["killed"]
    hall.fate.spare()
    results = hall.minutes(5)
    certain = (step, after) not in ((2, True), (3, False))
    assert len(hall.mailer.accepted) == (1 if certain else 2)
    assert settled(hall).state == "told"
    assert results == ([] if (step, after) == (3, True) else ["told"])


def test_nobody_takes_over_while_a_worker_may_still_be_at_it(hall: TownHall) -> None:
    made = waits(hall)
    hall.fate.spare()
    hall.fate.kill(2)
    hall.tell()
    hall.fate.spare()
    hall.clock.advance(LEASE - timedelta(seconds=1))
    hall.tellings.send([made])
    assert hall.tell() == ["under_way"]
    hall.clock.advance(2)
    hall.tellings.send([made])
    assert hall.tell() == ["told"]


def test_the_record_is_tried_again_before_a_second_mail_is_risked(hall: TownHall) -> None:
    waits(hall)
    commit, troubles = hall.store.commit, iter([True, True])

    def troubled(*saves: object, removes: object = ()) -> None:
        if removes and next(troubles, False):
            raise Upstream("store_throttled")
        commit(*saves, removes=removes)  # type: ignore[arg-type]

    hall.store.commit = troubled  # type: ignore[method-assign,assignment]
    assert hall.tell() == ["told"]
    assert len(hall.mailer.accepted) == 1 and settled(hall).state == "told"


def test_what_kills_every_worker_does_not_go_round_for_ever(hall: TownHall) -> None:
    waits(hall)

    def dies() -> None:
        raise Killed

    hall.mailer.next_outcomes(*[dies] * 50)
    results = hall.tell() + hall.minutes(60)
    assert results == ["killed"] * TRIES_MAX + ["failed"]
    assert settled(hall).reason == "tries_exhausted"


# ---------------------------------------------------------------- the topic


def test_a_confirmed_address_is_told_by_the_topic(hall: TownHall) -> None:
    rung(hall)
    assert sorted(hall.mailing_list.told) == ["ville.ed", "ville.fleur"]
    assert hall.mailer.accepted == []
    assert {each[1] for each in hall.mailing_list.lists.values()} == {"ville.ed", "ville.fleur"}


def test_an_address_that_waits_for_its_confirmation_is_mailed_meanwhile() -> None:
    hall = TownHall(confirms=False)
    rung(hall)
    assert hall.mailing_list.accepted == []
    assert sorted(hall.mailer.told) == ["ed@ville.example", "fleur@ville.example"]
    hall.mailing_list.confirm()
    hall.write(60)
    hall.minutes(1)
    assert len(hall.mailing_list.accepted) == len(hall.mailer.accepted) == 2
    assert hall.mailing_list.asked == 2, "asked for once a person"


def test_who_left_the_list_by_the_link_in_a_mail_is_still_told(hall: TownHall) -> None:
    rung(hall)
    hall.mailing_list.lists.clear()
    hall.write(60)
    hall.minutes(1)
    assert sorted(hall.mailer.told) == ["ed@ville.example", "fleur@ville.example"]


def test_who_switches_mail_off_while_one_waits_gets_that_one_and_is_not_subscribed_again(hall: TownHall) -> None:
    hall.tellings.down = True
    rung(hall)
    duty.choose(hall.fleur, email=False, push=True, store=hall.store, mailing_list=hall.mailing_list)
    hall.tellings.down = False
    hall.minutes(2)
    assert hall.mailer.told == ["fleur@ville.example"]
    assert [each[1] for each in hall.mailing_list.lists.values()] == ["ville.ed"]


def test_another_address_is_subscribed_in_place_of_the_former(hall: TownHall) -> None:
    rung(hall)
    hall.store.save(hall.fleur.but(email="fleur@new.example"))
    hall.write(60)
    hall.minutes(1)
    assert sorted(each[0] for each in hall.mailing_list.lists.values()) == ["ed@ville.example", "fleur@new.example"]


def test_a_topic_that_cannot_be_asked_is_asked_again(hall: TownHall) -> None:
    confirmed, troubles = hall.mailing_list.confirmed, iter([True] * 9)

    def troubled(subscription: str) -> bool:
        if next(troubles, False):
            raise Upstream("topic_unavailable")
        return confirmed(subscription)

    hall.mailing_list.confirmed = troubled  # type: ignore[method-assign]
    rung(hall)
    hall.minutes(4)
    assert sorted(hall.mailing_list.told) == ["ville.ed", "ville.fleur"]


def test_somebody_who_left_the_agency_is_not_told(hall: TownHall) -> None:
    hall.tellings.down = True
    hall.write(30)
    hall.clock.advance(10)
    hall.detect()
    hall.store.remove(hall.fleur)
    hall.tellings.down = False
    hall.minutes(2)
    assert hall.mailing_list.told == ["ville.ed"]
    assert {each.person: each.reason for each in hall.told()} == {"ed": None, "fleur": "person_gone"}


# ---------------------------------------------------------------- push


def test_a_device_that_is_gone_is_forgotten_and_shown(hall: TownHall) -> None:
    device = duty.register(
        hall.fleur, name="phone", token="phone-1234", store=hall.store, push=hall.push, now=hall.clock.now()
    )
    hall.push.endpoints[device.endpoint] = False
    rung(hall)
    assert duty.devices_of(hall.fleur, store=hall.store) == []
    [alert] = hall.alerts()
    shown = {(each.person, each.channel): each.state for each in tellings_of(alert, store=hall.store)}
    assert shown == {("ed", "topic"): "told", ("fleur", "topic"): "told", ("fleur", "push"): "failed"}
    assert "Parvis: telling_failed" not in hall.house.topic.subjects, "the person's own matter"


def test_a_device_registered_anew_meanwhile_is_kept(hall: TownHall) -> None:
    device = duty.register(
        hall.fleur, name="phone", token="phone-1234", store=hall.store, push=hall.push, now=hall.clock.now()
    )

    def anew() -> None:
        hall.store.save(device.but(endpoint="arn:endpoint:other"))
        raise DeviceGone("device_gone")

    hall.push.next_outcomes(anew)
    rung(hall)
    assert [each.endpoint for each in duty.devices_of(hall.fleur, store=hall.store)] == ["arn:endpoint:other"]


def test_a_push_says_figures_and_no_words_of_citizens(hall: TownHall) -> None:
    duty.register(hall.fleur, name="phone", token="phone-1234", store=hall.store, push=hall.push, now=hall.clock.now())
    hall.write(30, "SECRET de quartier")
    hall.minutes(1)
    [(_, letter)] = hall.push.accepted
    assert "SECRET" not in letter.subject + letter.body
    assert letter.link == f"https://parvis.example/alerts/{hall.alerts()[0].id}"


# ---------------------------------------------------------------- who


def test_each_is_told_in_their_language_by_what_they_chose(hall: TownHall) -> None:
    hall.store.save(Notifications(agency=AGENCY, person="ed", email=False))
    duty.register(hall.ed, name="phone", token="phone-1234", store=hall.store, push=hall.push, now=hall.clock.now())
    duty.register(hall.fleur, name="phone", token="phone-5678", store=hall.store, push=hall.push, now=hall.clock.now())
    hall.store.save(Notifications(agency=AGENCY, person="fleur", push=False))
    rung(hall)
    [(to, letter)] = hall.mailing_list.accepted
    assert to == "ville.fleur" and letter.subject.startswith("Parvis: pic de messages sur @p1: 30 en une heure")
    [(endpoint, push)] = hall.push.accepted
    assert endpoint == "arn:endpoint:phone-1234" and push.subject == "Parvis: spike of messages on @p1"


def test_only_who_may_handle_alerts_there_hears_of_them(hall: TownHall) -> None:
    hall.person("olga", role="responder")
    hall.person("pia", department="police")
    rung(hall)
    assert sorted(hall.mailing_list.told) == ["ville.ed", "ville.fleur"]


def test_an_administrator_hears_when_they_asked_to_or_nobody_else_would(hall: TownHall) -> None:
    rung(hall)
    assert "ville.ada" not in hall.mailing_list.told
    hall.store.save(Notifications(agency=AGENCY, person="ada", email=True))
    hall.write(60)
    hall.minutes(1)
    assert "ville.ada" in hall.mailing_list.told
    other = TownHall()
    for each in (other.fleur, other.ed):
        other.store.remove(each)
    rung(other)
    assert other.mailing_list.told == ["ville.ada"]


# ---------------------------------------------------------------- seen by the watch, and on record


def test_what_waits_too_long_is_seen_and_told(hall: TownHall) -> None:
    waits(hall)

    def seen() -> int:
        return look(store=hall.store, topic=hall.house.topic, dead_letters=lambda: 0, now=hall.clock.now()).untold

    assert seen() == 0
    hall.clock.advance(301)
    assert seen() == 1
    assert "Parvis: people_untold" in hall.house.topic.subjects
    hall.tell()
    assert seen() == 0


def test_who_was_told_of_an_alert_is_on_record(hall: TownHall) -> None:
    rung(hall)
    [alert] = hall.alerts()
    events = list(hall.store.query(Event, Event.partition(AGENCY, alert.subject)))
    assert sorted((each.what, each.detail.get("person")) for each in events) == [
        ("alert.raised", None),
        ("alert.told", "ed"),
        ("alert.told", "fleur"),
    ]


def test_a_telling_keeps_what_is_secret_out_of_its_repr(hall: TownHall) -> None:
    made = waits(hall)
    assert made.sealed not in repr(made) and made.address not in repr(made)
    assert not Letter("é" * SEALED_MAX, "").fits and Letter("é" * 100, "🎄" * 100).fits
