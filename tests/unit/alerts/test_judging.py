"""The minute's detection with the real detector between: what is known travels as text and rings as it should."""

from __future__ import annotations

import dataclasses
import json
from datetime import timedelta

import pytest

from chalicelib.alerts.judging import Spikes
from chalicelib.alerts.rule import AlertRule
from tests.fakes.alerts import TownHall
from tests.fakes.clock import START
from tests.fakes.house import AGENCY, ZONE

RULE = AlertRule(agency=AGENCY, profile="p1")


def learned(days: int = 5, an_hour: int = 6) -> str:
    """A profile that received a message every ten minutes for so many days before START."""
    spikes = Spikes()
    minutes = [START - timedelta(minutes=back) for back in range(days * 1440, 0, -1)]
    counts = {each: int(each.minute % (60 // an_hour) == 0) for each in minutes}
    return spikes.follow(spikes.begin(ZONE), now=START - timedelta(minutes=1), counts=counts)


def test_what_is_known_is_text_that_fits_an_item() -> None:
    known = learned()
    assert json.loads(known) and len(known) < 8_000
    assert Spikes().learned_hours(known) >= 24 * 5 - 2
    assert Spikes().seen_to(known) == START - timedelta(minutes=1)
    assert Spikes().seen_to(Spikes().begin(ZONE)) is None


def test_it_rings_once_then_grows_once_and_remembers_both() -> None:
    spikes, known, now = Spikes(), learned(), START
    said = []
    for count in (60, 2, 150, 0, 90):
        known = spikes.follow(known, now=now, counts={now: count})
        verdict, known = spikes.judge(known, now=now, rule=RULE)
        said.append(verdict.says)
        now += timedelta(minutes=1)
    assert said == ["ring", "quiet", "grow", "quiet", "quiet"]
    assert verdict.count > 300 and 2 < verdict.expected < 12
    assert verdict.ratio == pytest.approx(verdict.count / verdict.expected)


@pytest.mark.parametrize("change", [{"floor": 500}, {"sensitivity": "low", "floor": 100}])
def test_the_rule_is_the_detectors_too(change: dict[str, object]) -> None:
    spikes = Spikes()
    known = spikes.follow(learned(), now=START, counts={START: 60})
    verdict, _ = spikes.judge(known, now=START, rule=RULE.model_copy(update=change))
    assert verdict.says == "quiet"


def test_a_day_of_minutes_through_the_table_and_a_burst_that_rings() -> None:
    hall = TownHall()
    hall.lookout = dataclasses.replace(hall.lookout, detector=Spikes())
    hall.usual(hours=10, each=5)
    assert hall.alerts() == []
    hall.write(60)
    hall.minutes(1)
    [alert] = hall.alerts()
    assert 55 < alert.count < 70 and alert.ratio > 3
    hall.minutes(30)
    assert len(hall.alerts()) == 1
