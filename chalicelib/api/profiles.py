"""/api/networks, /api/profiles, /api/connections."""

from __future__ import annotations

from chalicelib.api.routing import Call
from chalicelib.api.shapes import profiles as shapes
from chalicelib.api.shapes.base import Page
from chalicelib.errors import InvalidInput, NotFound
from chalicelib.networks import registry
from chalicelib.networks.contract import Limits
from chalicelib.profiles import connecting
from chalicelib.profiles.connecting import Connecting
from chalicelib.profiles.profile import Profile
from chalicelib.store import Store


def get_networks(call: Call) -> Page[shapes.NetworkCapabilities]:
    """What each network can do and allows, from the connectors themselves."""
    items = []
    for name in registry.NETWORKS:
        network = call.house.network_named(name)
        able = network.capabilities()
        items.append(
            shapes.NetworkCapabilities(
                network=able.network,
                name=able.name,
                connect=able.connect,
                needs_server=able.needs_server,
                limits=_limits(able.limits),
                reads=sorted(able.reads),
                measures=sorted(able.measures),
                moderates=sorted(able.moderates),
                pushes=able.pushes,
                publishes=able.publishes,
                answers=able.answers,
                takes_token=able.connect == "oauth" and hasattr(network, "connect_password"),
                two_steps=able.two_steps,
                threads=able.threads,
                videos_ahead=able.videos_ahead,
                notices=list(able.notices),
                prices=[
                    shapes.Price(what=each.what, usd=each.usd, as_of=each.as_of, source=each.source)
                    for each in able.prices
                ],
                link_cards=able.link_cards,
                card_limits=shapes.CardLimits(
                    image_bytes_max=able.card_limits.image_bytes_max,
                    image_types=list(able.card_limits.image_types),
                    image_pixels_max=able.card_limits.image_pixels_max,
                )
                if able.card_limits
                else None,
            )
        )
    return Page(items=items)


def get_profiles(call: Call) -> Page[shapes.Profile]:
    """The agency's accounts."""
    found = call.house.store.query(Profile, Profile.partition(call.actor.agency))
    return Page(items=[_shape(call, each) for each in found])


def get_profile(call: Call) -> shapes.Profile:
    """One account."""
    return _shape(call, _found(call.path["id"], call.actor.agency, call.house.store))


def patch_profile(call: Call, asked: shapes.ProfileChange) -> shapes.Profile:
    """Move an account to another department."""
    moved = connecting.move(
        call.path["id"],
        asked.department,
        expected=call.expected,
        actor=call.actor,
        desk=_desk(call),
    )
    return _shape(call, moved)


def delete_profile(call: Call) -> None:
    """Disconnect an account; what waits for it is held when it falls due."""
    connecting.disconnect(
        call.path["id"],
        expected=call.expected,
        network_named=call.house.network_named,
        actor=call.actor,
        desk=_desk(call),
    )


def post_connection(call: Call, asked: shapes.NewConnection) -> shapes.Connection:
    """Connect an account: by app password or address at once, by OAuth through authorize_url."""
    if call.house.network_named(asked.network).capabilities().connect == "address":
        return _connect_address(
            call, asked.network, asked.department, asked.address.get_secret_value() if asked.address else "", None
        )
    return _connect(
        call,
        asked.network,
        asked.department,
        asked.server,
        asked.identifier,
        asked.app_password.get_secret_value() if asked.app_password else None,
        None,
    )


def post_reconnect(call: Call, asked: shapes.Reconnection) -> shapes.Connection:
    """Mend an account whose credentials no longer stand; its id, queue and history stay."""
    profile = _found(call.path["id"], call.actor.agency, call.house.store)
    if call.house.network_named(profile.network).capabilities().connect == "address":
        return _connect_address(call, profile.network, profile.department, None, profile)
    return _connect(
        call,
        profile.network,
        profile.department,
        profile.server,
        asked.identifier or profile.handle,
        asked.app_password.get_secret_value() if asked.app_password else None,
        profile,
    )


def post_connection_code(call: Call, asked: shapes.ConnectionCode) -> shapes.Connection:
    """The code that the network gave to the callback page: the account stands, or one is to be chosen."""
    handshake = connecting.handshake_of(call.path["id"], actor=call.actor, store=call.house.store)
    returned = connecting.finish_oauth(
        handshake,
        network=call.house.network_named(handshake.network),
        code=asked.code.get_secret_value(),
        state=asked.state.get_secret_value(),
        actor=call.actor,
        desk=_desk(call),
    )
    return shapes.Connection(
        id=handshake.id,
        authorize_url=None,
        profile=_shape(call, returned.profile) if returned.profile else None,
        choices=[
            shapes.Choice(
                remote_id=each.remote_id,
                handle=each.handle,
                display_name=each.display_name,
                avatar_url=each.avatar_url,
            )
            for each in returned.offered
        ],
    )


def post_connection_choice(call: Call, asked: shapes.Chosen) -> shapes.Profile:
    """Connect one of the accounts that were offered; any number of them, one after the other."""
    chosen = connecting.choose(
        call.path["id"],
        asked.remote_id,
        network_named=call.house.network_named,
        actor=call.actor,
        desk=_desk(call),
    )
    return _shape(call, chosen)


def _connect(
    call: Call,
    network_name: str,
    department: str,
    server: str,
    identifier: str | None,
    app_password: str | None,
    mending: Profile | None,
) -> shapes.Connection:
    network = call.house.network_named(network_name)
    if not server and not network.capabilities().needs_server:
        server = call.house.network_apps.secrets_of(network_name).get("origin", "")  # the local stack's practice
    # Who brings a token of their own (a Page's) need not go through the network's sign-in.
    by_hand = bool(identifier and app_password) and hasattr(network, "connect_password")
    if network.capabilities().connect == "oauth" and not by_hand:
        begun = connecting.begin_oauth(
            network_name=network_name,
            network=network,
            department=department,
            server=server,
            mending=mending,
            actor=call.actor,
            desk=_desk(call),
        )
        return shapes.Connection(id=begun.handshake, authorize_url=begun.authorize_url, profile=None)
    if not identifier or not app_password:
        raise InvalidInput("invalid_input", "This network needs identifier and app_password.", field="app_password")
    profile = connecting.connect_with_password(
        network_name=network_name,
        network=network,
        department=department,
        server=server,
        identifier=identifier,
        app_password=app_password,
        mending=mending,
        actor=call.actor,
        desk=_desk(call),
    )
    return shapes.Connection(id=None, authorize_url=None, profile=_shape(call, profile))


def _connect_address(
    call: Call, network_name: str, department: str, address: str | None, mending: Profile | None
) -> shapes.Connection:
    profile = connecting.connect_with_address(
        network_name=network_name,
        network=call.house.network_named(network_name),
        department=department,
        address=address,
        mending=mending,
        actor=call.actor,
        desk=_desk(call),
    )
    return shapes.Connection(id=None, authorize_url=None, profile=_shape(call, profile))


def _desk(call: Call) -> Connecting:
    return Connecting(
        store=call.house.store,
        vault=call.house.vault,
        clock=call.house.clock,
        callback_url=f"{call.house.settings.site_url}/oauth/callback",
    )


def _found(profile_id: str, agency: str, store: Store) -> Profile:
    profile = store.get(Profile, Profile.key_of(agency, profile_id))
    if profile is None:
        raise NotFound
    return profile


def _shape(call: Call, profile: Profile) -> shapes.Profile:
    return shapes.Profile(
        id=profile.id,
        network=profile.network,
        handle=profile.handle,
        display_name=profile.display_name,
        avatar_url=profile.avatar_url,
        server=profile.server,
        department=profile.department,
        status=profile.status,
        status_reason=profile.status_reason,
        connected_at=profile.connected_at,
        limits=_limits(call.house.network_named(profile.network).limits(profile.limits)),
        version=profile.version,
    )


def _limits(limits: Limits) -> shapes.Limits:
    return shapes.Limits(
        text_unit=limits.text_unit,
        text_max=limits.text_max,
        text_bytes_max=limits.text_bytes_max,
        url_length=limits.url_length,
        images_max=limits.images_max,
        image_bytes_max=limits.image_bytes_max,
        image_types=list(limits.image_types),
        alt_max=limits.alt_max,
        images_min=limits.images_min,
        image_ratio_min=limits.image_ratio_min,
        image_ratio_max=limits.image_ratio_max,
        videos_max=limits.videos_max,
        video_bytes_max=limits.video_bytes_max,
        video_seconds_max=limits.video_seconds_max,
        video_seconds_min=limits.video_seconds_min,
        video_ratio_min=limits.video_ratio_min,
        video_ratio_max=limits.video_ratio_max,
        video_types=list(limits.video_types),
        video_with_images=limits.video_with_images,
        video_pixels_max=limits.video_pixels_max,
        source=limits.source,
    )
