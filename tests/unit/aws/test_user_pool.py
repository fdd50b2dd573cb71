"""The user pool against botocore's own model of Cognito: what is asked, and what comes of each documented answer.

Amazon Cognito user pools API Reference (2026). The emulator skips MFA_SETUP (a pool whose MfaConfiguration is ON
answers it to who has not enrolled), so that this stub is all that holds it.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from chalicelib.aws.user_pool import Tokens, UserPool
from chalicelib.errors import InvalidInput, ParvisError, TooMany, Unauthenticated, Upstream
from chalicelib.team.reception import Challenge

POOL, CLIENT = "ca-central-1_Abcdefghi", "client"
OURS = {"UserPoolId": POOL, "ClientId": CLIENT}


@pytest.fixture
def cognito() -> Iterator[tuple[UserPool, Stubber]]:
    client: Any = boto3.client(
        "cognito-idp", region_name="ca-central-1", aws_access_key_id="x", aws_secret_access_key="x"
    )
    with Stubber(client) as stubber:
        yield UserPool(client, POOL, CLIENT), stubber
        stubber.assert_no_pending_responses()


def access_token(**claims: Any) -> str:
    said = {"username": "ville.ada", "origin_jti": "family", **claims}
    payload = base64.urlsafe_b64encode(json.dumps(said).encode()).decode().rstrip("=")
    return f"header.{payload}.signature"


def result(**more: Any) -> dict[str, Any]:
    tokens = {"AccessToken": access_token(), "ExpiresIn": 900, "RefreshToken": "refresh", "IdToken": "x.y.z"}
    return {"AuthenticationResult": {**tokens, "TokenType": "Bearer"}, "ChallengeParameters": {}, **more}


def by_password() -> dict[str, Any]:
    parameters = {"USERNAME": "ville.ada", "PASSWORD": "secret"}
    return {**OURS, "AuthFlow": "ADMIN_USER_PASSWORD_AUTH", "AuthParameters": parameters}


def refused(code: str) -> pytest.RaisesContext[ParvisError]:  # type: ignore[name-defined]
    return pytest.raises(ParvisError, match=f"^{code}(:|$)")


def test_a_password_alone(cognito: tuple[UserPool, Stubber]) -> None:
    pool, stub = cognito
    stub.add_response("admin_initiate_auth", result(), by_password())
    tokens = pool.sign_in("ville.ada", "secret")
    assert isinstance(tokens, Tokens)
    assert (tokens.username, tokens.session) == ("ville.ada", "family")
    assert (tokens.expires_in, tokens.refresh) == (900, "refresh")
    assert "refresh" not in repr(tokens).replace("refresh=", "") and tokens.access not in repr(tokens)


def test_a_token_of_no_session_is_none_of_ours() -> None:
    with refused("sign_in_unavailable"):
        _ = Tokens(access_token(origin_jti=""), 900, None).session


def test_a_code_after_the_password(cognito: tuple[UserPool, Stubber]) -> None:
    pool, stub = cognito
    asked = {
        "ChallengeName": "SOFTWARE_TOKEN_MFA",
        "Session": "s" * 24,
        "ChallengeParameters": {"FRIENDLY_DEVICE_NAME": "x", "USER_ID_FOR_SRP": "ville.ada"},
    }
    stub.add_response("admin_initiate_auth", asked, by_password())
    challenge = pool.sign_in("ville.ada", "secret")
    assert challenge == Challenge("code", "s" * 24)
    answered = {
        **OURS,
        "ChallengeName": "SOFTWARE_TOKEN_MFA",
        "Session": "s" * 24,
        "ChallengeResponses": {"USERNAME": "ville.ada", "SOFTWARE_TOKEN_MFA_CODE": "123456"},
    }
    for code, ours in (
        ("CodeMismatchException", "code_refused"),
        ("ExpiredCodeException", "challenge_ended"),
        ("NotAuthorizedException", "challenge_ended"),  # its session is over, after three minutes
        ("TooManyRequestsException", "rate_limited"),
    ):
        stub.add_client_error("admin_respond_to_auth_challenge", code, expected_params=answered)
        with refused(ours):
            pool.answer("ville.ada", challenge, "123456")
    stub.add_response("admin_respond_to_auth_challenge", result(), answered)
    assert pool.answer("ville.ada", challenge, "123456").session == "family"


def test_a_pool_that_demands_an_authenticator_has_it_set_up_on_the_way(cognito: tuple[UserPool, Stubber]) -> None:
    """AdminInitiateAuth -> MFA_SETUP; AssociateSoftwareToken by the session; VerifySoftwareToken; the challenge
    answered with the session that the verification gave, and with nothing but the name."""
    pool, stub = cognito
    asked = {
        "ChallengeName": "MFA_SETUP",
        "Session": "1" * 24,
        "ChallengeParameters": {"MFAS_CAN_SETUP": '["SOFTWARE_TOKEN_MFA"]', "USER_ID_FOR_SRP": "ville.ada"},
    }
    secret = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
    stub.add_response("admin_initiate_auth", asked, by_password())
    stub.add_response("associate_software_token", {"SecretCode": secret, "Session": "2" * 24}, {"Session": "1" * 24})
    challenge = pool.sign_in("ville.ada", "secret")
    assert challenge == Challenge("set_up", "2" * 24, secret)
    assert secret not in repr(challenge)

    verification = {"Session": "2" * 24, "UserCode": "123456"}
    stub.add_client_error("verify_software_token", "EnableSoftwareTokenMFAException", expected_params=verification)
    with refused("code_refused"):
        pool.answer("ville.ada", challenge, "123456")
    stub.add_response("verify_software_token", {"Status": "ERROR"}, verification)
    with refused("code_refused"):
        pool.answer("ville.ada", challenge, "123456")
    stub.add_response("verify_software_token", {"Status": "SUCCESS", "Session": "3" * 24}, verification)
    answered = {
        **OURS,
        "ChallengeName": "MFA_SETUP",
        "Session": "3" * 24,
        "ChallengeResponses": {"USERNAME": "ville.ada"},
    }
    stub.add_response("admin_respond_to_auth_challenge", result(), answered)
    assert pool.answer("ville.ada", challenge, "123456").username == "ville.ada"


@pytest.mark.parametrize(
    "asked",
    [
        {"ChallengeName": "NEW_PASSWORD_REQUIRED", "Session": "s" * 24, "ChallengeParameters": {}},
        {"ChallengeName": "MFA_SETUP", "Session": "s" * 24, "ChallengeParameters": {"MFAS_CAN_SETUP": '["SMS_MFA"]'}},
    ],
)
def test_a_challenge_that_we_do_not_know_lets_nobody_in(
    cognito: tuple[UserPool, Stubber], asked: dict[str, Any]
) -> None:
    pool, stub = cognito
    stub.add_response("admin_initiate_auth", asked, by_password())
    with refused("challenge_required"):
        pool.sign_in("ville.ada", "secret")


@pytest.mark.parametrize(
    ("theirs", "kind", "ours"),
    [
        ("NotAuthorizedException", Unauthenticated, "sign_in_refused"),
        ("UserNotFoundException", Unauthenticated, "sign_in_refused"),
        ("UserNotConfirmedException", Unauthenticated, "sign_in_refused"),
        ("PasswordResetRequiredException", Unauthenticated, "sign_in_refused"),
        ("InvalidParameterException", Unauthenticated, "sign_in_refused"),
        ("TooManyRequestsException", TooMany, "rate_limited"),
        ("InternalErrorException", Upstream, "sign_in_unavailable"),
    ],
)
def test_what_a_refusal_means_does_not_tell_who_exists(
    cognito: tuple[UserPool, Stubber], theirs: str, kind: type[ParvisError], ours: str
) -> None:
    pool, stub = cognito
    stub.add_client_error("admin_initiate_auth", theirs, "User does not exist.", expected_params=by_password())
    with refused(ours) as error:
        pool.sign_in("ville.ada", "secret")
    assert type(error.value) is kind and "exist" not in str(error.value)


def test_an_authenticator_is_verified_and_then_preferred(cognito: tuple[UserPool, Stubber]) -> None:
    """Verifying alone leaves a pool whose MfaConfiguration is OPTIONAL asking for nothing."""
    pool, stub = cognito
    stub.add_response("associate_software_token", {"SecretCode": "ABCDEFGHIJKLMNOP"}, {"AccessToken": "a.b.c"})
    assert pool.begin_enrolment("a.b.c") == "ABCDEFGHIJKLMNOP"
    verification = {"AccessToken": "a.b.c", "UserCode": "123456"}
    stub.add_client_error("verify_software_token", "CodeMismatchException", expected_params=verification)
    with refused("code_refused"):
        pool.finish_enrolment("a.b.c", "123456")
    stub.add_response("verify_software_token", {"Status": "SUCCESS"}, verification)
    preference = {"AccessToken": "a.b.c", "SoftwareTokenMfaSettings": {"Enabled": True, "PreferredMfa": True}}
    stub.add_response("set_user_mfa_preference", {}, preference)
    pool.finish_enrolment("a.b.c", "123456")


def test_taking_it_off_is_by_our_own_right(cognito: tuple[UserPool, Stubber]) -> None:
    pool, stub = cognito
    settings = {"Enabled": False, "PreferredMfa": False}
    asked = {"UserPoolId": POOL, "Username": "ville.ada", "SoftwareTokenMfaSettings": settings}
    stub.add_response("admin_set_user_mfa_preference", {}, asked)
    pool.remove_second_factor("ville.ada")


def test_a_password_is_set_for_who_is_there_already_and_a_refused_one_says_so(
    cognito: tuple[UserPool, Stubber],
) -> None:
    pool, stub = cognito
    named = {"UserPoolId": POOL, "Username": "ville.ada"}
    attributes = [{"Name": "email", "Value": "ada@ville.example"}, {"Name": "email_verified", "Value": "true"}]
    made = {**named, "UserAttributes": attributes, "MessageAction": "SUPPRESS"}
    wanted = {**named, "Password": "a long password", "Permanent": True}
    stub.add_client_error("admin_create_user", "UsernameExistsException", expected_params=made)
    stub.add_response("admin_set_user_password", {}, wanted)
    pool.create("ville.ada", email="ada@ville.example", password="a long password")
    stub.add_client_error("admin_create_user", "UsernameExistsException", expected_params=made)
    stub.add_client_error("admin_set_user_password", "InvalidPasswordException", expected_params=wanted)
    with pytest.raises(InvalidInput) as refusal:
        pool.create("ville.ada", email="ada@ville.example", password="a long password")
    assert refusal.value.code == "password_refused"


def test_a_password_is_changed_by_the_old_one(cognito: tuple[UserPool, Stubber]) -> None:
    pool, stub = cognito
    asked = {"AccessToken": "a.b.c", "PreviousPassword": "old one", "ProposedPassword": "new one"}
    stub.add_client_error("change_password", "NotAuthorizedException", expected_params=asked)
    with refused("password_wrong"):
        pool.change_password("a.b.c", old="old one", new="new one")
    stub.add_response("change_password", {}, asked)
    pool.change_password("a.b.c", old="old one", new="new one")


def test_a_renewal_brings_no_new_refresh_token_and_a_void_one_ends_the_session(
    cognito: tuple[UserPool, Stubber],
) -> None:
    pool, stub = cognito
    asked = {"AuthFlow": "REFRESH_TOKEN_AUTH", "AuthParameters": {"REFRESH_TOKEN": "r"}, "ClientId": CLIENT}
    answer = {"AuthenticationResult": {"AccessToken": access_token(), "ExpiresIn": 900}}
    stub.add_response("initiate_auth", answer, asked)
    assert pool.refresh("r").refresh is None
    stub.add_client_error("initiate_auth", "NotAuthorizedException", expected_params=asked)
    with refused("session_ended"):
        pool.refresh("r")
