"""Wall-clock times in zones whose clocks skip and repeat, by an hour, by half an hour, by a whole day."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.errors import InvalidInput
from chalicelib.publishing.due_time import acceptable, instant_of, zone_named

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)


def instant(local: str, zone: str, which: str | None = None) -> str:
    return instant_of(local, zone_named(zone), which).isoformat().replace("+00:00", "Z")


@pytest.mark.parametrize(
    ("local", "zone", "expected"),
    [
        ("2026-07-01T09:00", "Europe/Paris", "2026-07-01T07:00:00Z"),
        ("2026-12-01T09:00", "Europe/Paris", "2026-12-01T08:00:00Z"),
        ("2026-07-01T09:00:30", "America/Toronto", "2026-07-01T13:00:30Z"),
        ("2026-07-01T09:00", "Asia/Kolkata", "2026-07-01T03:30:00Z"),
        ("2026-07-01T09:00", "Asia/Kathmandu", "2026-07-01T03:15:00Z"),
        ("2026-07-01T09:00", "Australia/Lord_Howe", "2026-06-30T22:30:00Z"),
        ("2026-12-01T09:00", "Australia/Lord_Howe", "2026-11-30T22:00:00Z"),
        ("2026-06-01T09:00", "Africa/Casablanca", "2026-06-01T08:00:00Z"),
        ("2026-03-01T09:00", "Africa/Casablanca", "2026-03-01T09:00:00Z"),  # Ramadan: an hour back
        ("2027-01-01T09:00", "Pacific/Apia", "2026-12-31T20:00:00Z"),
    ],
)
def test_an_ordinary_time_has_one_instant(local: str, zone: str, expected: str) -> None:
    assert instant(local, zone) == expected


@pytest.mark.parametrize(
    ("local", "zone", "before", "after"),
    [
        ("2026-03-29T02:30", "Europe/Paris", "2026-03-29T01:30:00", "2026-03-29T03:30:00"),
        ("2026-03-08T02:00", "America/Toronto", "2026-03-08T01:00:00", "2026-03-08T03:00:00"),
        ("2026-10-04T02:15", "Australia/Lord_Howe", "2026-10-04T01:45:00", "2026-10-04T02:45:00"),
        ("2026-03-22T02:30", "Africa/Casablanca", "2026-03-22T01:30:00", "2026-03-22T03:30:00"),
        ("2011-12-30T12:00", "Pacific/Apia", "2011-12-29T12:00:00", "2011-12-31T12:00:00"),
    ],
)
def test_a_time_that_clocks_skip_is_refused_and_its_neighbours_named(
    local: str, zone: str, before: str, after: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        instant(local, zone, "earlier")
    assert (refused.value.code, refused.value.field) == ("due_skipped_hour", "due_local")
    assert before in (refused.value.hint or "")
    assert after in (refused.value.hint or "")


@pytest.mark.parametrize(
    ("local", "zone", "earlier", "later"),
    [
        ("2026-10-25T02:30", "Europe/Paris", "2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z"),
        ("2026-11-01T01:30", "America/Toronto", "2026-11-01T05:30:00Z", "2026-11-01T06:30:00Z"),
        ("2026-04-05T01:45", "Australia/Lord_Howe", "2026-04-04T14:45:00Z", "2026-04-04T15:15:00Z"),
        ("2026-02-15T02:30", "Africa/Casablanca", "2026-02-15T01:30:00Z", "2026-02-15T02:30:00Z"),
    ],
)
def test_a_time_that_clocks_show_twice_must_be_chosen(local: str, zone: str, earlier: str, later: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        instant(local, zone)
    assert refused.value.code == "due_repeated_hour"
    assert instant(local, zone, "earlier") == earlier
    assert instant(local, zone, "later") == later


@pytest.mark.parametrize("local", ["2026-10-25T01:59:59", "2026-10-25T03:00", "2026-03-29T01:59", "2026-03-29T03:00"])
def test_the_edges_of_a_change_are_ordinary_times(local: str) -> None:
    assert instant(local, "Europe/Paris")


ZONES = ["Europe/Paris", "America/Toronto", "Australia/Lord_Howe", "Africa/Casablanca", "Pacific/Apia", "Asia/Kolkata"]


@settings(max_examples=300, derandomize=True, deadline=None, database=None)
@given(
    st.datetimes(datetime(2011, 1, 1), datetime(2037, 1, 1)),  # noqa: DTZ001 - naive on purpose: instants, shown below
    st.sampled_from(ZONES),
)
def test_what_a_wall_shows_leads_back_to_the_instant_that_showed_it(naive: datetime, zone: str) -> None:
    at = naive.replace(tzinfo=UTC, microsecond=0)
    local = at.astimezone(zone_named(zone)).replace(tzinfo=None).isoformat()
    try:
        found = [instant_of(local, zone_named(zone), None)]
    except InvalidInput as error:
        assert error.code == "due_repeated_hour", "a time that is shown cannot be one that is skipped"
        found = [instant_of(local, zone_named(zone), which) for which in ("earlier", "later")]
        assert found[0] < found[1]
    assert at in found


@pytest.mark.parametrize(
    "name",
    [
        "",
        "Paris",
        "Europe",
        "Europe/Atlantis",
        "../../etc/passwd",
        "/etc/localtime",
        "Europe/Paris\0",
        "x" * 5000,
        "CEST",
    ],
)
def test_an_unknown_zone_is_refused(name: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        zone_named(name)
    assert (refused.value.code, refused.value.field) == ("zone_unknown", "zone")


@pytest.mark.parametrize(
    "local",
    [
        "",
        "tomorrow",
        "2026-13-01T09:00",
        "2026-02-29T09:00",
        "2026-01-01T25:00",
        "2026-01-01T09:00Z",
        "2026-01-01T09:00+01:00",
    ],
)
def test_what_is_no_local_time_is_refused(local: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        instant(local, "Europe/Paris")
    assert (refused.value.code, refused.value.field) == ("due_invalid", "due_local")


@pytest.mark.parametrize(
    ("local", "zone"),
    [("0001-01-01T00:00", "Asia/Tokyo"), ("9999-12-31T23:59", "America/Toronto"), ("0001-01-01T00:00", "Europe/Paris")],
)
def test_a_year_at_the_end_of_time_is_refused_and_nothing_breaks(local: str, zone: str) -> None:
    with pytest.raises(InvalidInput):
        acceptable(instant_of(local, zone_named(zone), None), now=NOW)


def test_a_minute_of_slowness_is_forgiven_and_means_now() -> None:
    assert acceptable(NOW - timedelta(seconds=59), now=NOW) == NOW
    with pytest.raises(InvalidInput) as refused:
        acceptable(NOW - timedelta(seconds=61), now=NOW)
    assert refused.value.code == "due_in_the_past"


def test_two_years_ahead_are_enough() -> None:
    assert acceptable(NOW + timedelta(days=730), now=NOW) == NOW + timedelta(days=730)
    with pytest.raises(InvalidInput) as refused:
        acceptable(NOW + timedelta(days=732), now=NOW)
    assert refused.value.code == "due_too_far"


@pytest.mark.parametrize("extreme", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"])
def test_an_extreme_instant_is_judged_and_nothing_breaks(extreme: str) -> None:
    with pytest.raises(InvalidInput):
        acceptable(datetime.fromisoformat(extreme), now=NOW)
