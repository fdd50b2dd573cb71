"""The figures of a report, from the gauges: one query a month of the period, whatever else the agency did."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from chalicelib.entity import stamp
from chalicelib.profiles.profile import Profile
from chalicelib.reports.definitions import Values, columns, total, with_derived
from chalicelib.reports.gauge import Following, Gauge
from chalicelib.reports.report import Figures, Measured, Point, Report, Row
from chalicelib.store import Store


def figures_of(report: Report, *, store: Store) -> Figures:
    """Of posts published within the report's days, as they stood at their last reading."""
    profiles = _profiles(report, store)
    start, end = report.span()
    before_start, before_end = report.span_before()
    present = [each for each in _gauges(report.agency, start, end, store) if each.profile in profiles]
    before = [each for each in _gauges(report.agency, before_start, before_end, store) if each.profile in profiles]
    if report.type == "post_performance":
        return _post_performance(report, present, before, profiles)
    return _profile_performance(report, present, before, profiles, store)


def _profiles(report: Report, store: Store) -> dict[str, Profile]:
    found = store.get_many([(Profile, Profile.key_of(report.agency, each)) for each in report.profiles])
    return {each.id: each for each in found if isinstance(each, Profile)}


def _gauges(agency: str, start: datetime, end: datetime, store: Store) -> Iterator[Gauge]:
    month = start.astimezone(ZoneInfo("UTC")).replace(day=1)
    while stamp(month)[:7] <= stamp(end)[:7]:
        cursor: str | None = None
        while True:
            rows, cursor = store.rows(
                "content", Gauge.partition(agency, stamp(month)[:7]), between=(stamp(start), stamp(end)), cursor=cursor
            )
            yield from (Gauge.of(row) for row in rows)
            if cursor is None:
                break
        month = (month + timedelta(days=32)).replace(day=1)


def _measured(names: Iterable[str], values: Values, before: Values) -> tuple[Measured, ...]:
    return tuple(Measured(name=name, value=values.get(name), before=before.get(name)) for name in names)


def _youngest(gauges: Iterable[Gauge]) -> datetime | None:
    return max((each.measured_at for each in gauges if each.measured_at is not None), default=None)


# ---------------------------------------------------------------- posts


def _post_performance(
    report: Report, present: Sequence[Gauge], before: Sequence[Gauge], profiles: Mapping[str, Profile]
) -> Figures:
    names = columns(report.type)
    counted = [(gauge, with_derived(gauge.values)) for gauge in present]
    rows = [
        Row(
            id=f"{gauge.post}-{gauge.profile}",
            label=gauge.title,
            profile=gauge.profile,
            network=gauge.network,
            handle=profiles[gauge.profile].handle,
            at=gauge.published_at,
            url=gauge.url,
            measures=_measured(names, values, {}),
        )
        for gauge, values in counted
    ]
    return Figures(
        columns=names,
        totals=_measured(
            names,
            total([values for _, values in counted], names),
            total([with_derived(each.values) for each in before], names),
        ),
        rows=tuple(rows),
        measured_at=_youngest(present),
    )


# ---------------------------------------------------------------- profiles


def _profile_performance(
    report: Report,
    present: Sequence[Gauge],
    before: Sequence[Gauge],
    profiles: Mapping[str, Profile],
    store: Store,
) -> Figures:
    names = columns(report.type)
    zone = ZoneInfo(report.zone)
    days_before = (report.last - report.first).days + 1
    rows: list[Row] = []
    points: list[Point] = []
    olds: list[Values] = []
    for profile in profiles.values():
        followed = _followed(profile, report.first - timedelta(days=2 * days_before + 31), report.last, store)
        mine = [each for each in present if each.profile == profile.id]
        mine_before = [each for each in before if each.profile == profile.id]
        values = _of_profile(mine, followed, report.first, report.last)
        old = _of_profile(
            mine_before, followed, report.first - timedelta(days=days_before), report.first - timedelta(days=1)
        )
        olds.append(old)
        rows.append(
            Row(
                id=profile.id,
                label=profile.display_name or profile.handle,
                profile=profile.id,
                network=profile.network,
                handle=profile.handle,
                measures=_measured(names, values, old),
            )
        )
        points += _days(report, profile, mine, followed, zone)
    return Figures(
        columns=names,
        totals=_measured(names, total([_values(each) for each in rows], names), total(olds, names)),
        rows=tuple(rows),
        days=tuple(points),
        measured_at=max(
            (each for each in (_youngest(present), *_read_at(profiles, report, store)) if each is not None),
            default=None,
        ),
    )


def _values(row: Row) -> Values:
    return {each.name: each.value for each in row.measures}


def _of_profile(gauges: Sequence[Gauge], followed: Mapping[date, int], first: date, last: date) -> Values:
    interactions = total([with_derived(each.values) for each in gauges], ["interactions"])["interactions"]
    within = [day for day in followed if first <= day <= last]
    earlier = [day for day in followed if day < first]
    followers = followed[max(within)] if within else None
    gained = followers - followed[max(earlier)] if followers is not None and earlier else None
    return {
        "published": len(gauges),
        "interactions": interactions,
        "interactions_per_post": round(interactions / len(gauges), 1) if interactions is not None and gauges else None,
        "followers": followers,
        "followers_gained": gained,
    }


def _followed(profile: Profile, first: date, last: date, store: Store) -> dict[date, int]:
    """day -> followers, of the days that were read."""
    rows, _ = store.rows(
        "state",
        Following.partition(profile.agency, profile.id),
        between=(first.isoformat(), last.isoformat() + "~"),
    )
    read = [Following.of(row) for row in rows]
    return {date.fromisoformat(each.day): each.values["followers"] for each in read if "followers" in each.values}


def _read_at(profiles: Mapping[str, Profile], report: Report, store: Store) -> Iterator[datetime]:
    for profile in profiles.values():
        rows, _ = store.rows(
            "state",
            Following.partition(profile.agency, profile.id),
            between=(report.first.isoformat(), report.last.isoformat() + "~"),
            reverse=True,
            limit=1,
        )
        yield from (Following.of(row).at for row in rows)


def _days(
    report: Report, profile: Profile, gauges: Sequence[Gauge], followed: Mapping[date, int], zone: ZoneInfo
) -> Iterator[Point]:
    """published and interactions: of the posts that were published on that day."""
    day = report.first
    while day <= report.last:
        then = [each for each in gauges if each.published_at.astimezone(zone).date() == day]
        done = total([with_derived(each.values) for each in then], ["interactions"])["interactions"]
        yield Point(
            day=day,
            profile=profile.id,
            measures=(
                Measured(name="published", value=len(then)),
                Measured(name="interactions", value=done),
                Measured(name="followers", value=followed.get(day)),
            ),
        )
        day += timedelta(days=1)
