"""Sign-in by Cognito. Passwords, codes and tokens pass through here and are kept nowhere.

Signing in goes by Cognito's Admin operations, which take our role's signature: the pool's own public door, where nobody
counts the tries, is shut (infra/resources/people.json). Sources: Amazon Cognito user pools API Reference (2026),
AdminInitiateAuth, AdminRespondToAuthChallenge, AssociateSoftwareToken, VerifySoftwareToken.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.errors import InvalidInput, TooMany, Unauthenticated, Upstream
from chalicelib.team.reception import Challenge

if TYPE_CHECKING:
    from mypy_boto3_cognito_idp import CognitoIdentityProviderClient

_REFUSED = {
    "NotAuthorizedException",
    "UserNotFoundException",
    "UserNotConfirmedException",
    "PasswordResetRequiredException",
    "InvalidParameterException",
}
_SLOW_DOWN = {"TooManyRequestsException", "LimitExceededException", "TooManyFailedAttemptsException"}
_CODE_WRONG = {"CodeMismatchException", "EnableSoftwareTokenMFAException"}
_CHALLENGE_OVER = {*_REFUSED, "ExpiredCodeException", "ResourceNotFoundException", "SoftwareTokenMFANotFoundException"}
_KINDS: Mapping[str, str] = {"code": "SOFTWARE_TOKEN_MFA", "set_up": "MFA_SETUP"}


@dataclass(frozen=True)
class Tokens:
    """expires_in: seconds, of the access token. refresh is None when Cognito gave no new one."""

    access: str = field(repr=False)
    expires_in: int
    refresh: str | None = field(repr=False)

    @property
    def username(self) -> str:
        """Whom the pool made the access token for. Not verified here: it has just come from the pool itself."""
        return str(self._claims.get("username", ""))

    @property
    def session(self) -> str:
        """Cognito's origin_jti: the same in every token that descends from one sign-in (EnableTokenRevocation)."""
        found = str(self._claims.get("origin_jti", ""))
        if not found:
            raise Upstream("sign_in_unavailable", "The token names no session.")
        return found

    @property
    def _claims(self) -> dict[str, Any]:
        payload = self.access.split(".")[1]
        claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        return claims


class UserPool:
    """team/reception.py, Pool."""

    def __init__(self, client: CognitoIdentityProviderClient, pool: str, app_client: str) -> None:
        self._client = client
        self._pool = pool
        self._app_client = app_client

    # ------------------------------------------------------------ coming in

    def sign_in(self, username: str, password: str) -> Tokens | Challenge:
        # What Cognito says of a refusal would tell whether the person exists.
        with _asking({"sign_in_refused": _REFUSED}):
            answer = self._client.admin_initiate_auth(
                UserPoolId=self._pool,
                ClientId=self._app_client,
                AuthFlow="ADMIN_USER_PASSWORD_AUTH",
                AuthParameters={"USERNAME": username, "PASSWORD": password},
            )
        if "AuthenticationResult" in answer:
            return _tokens(answer)
        match answer.get("ChallengeName"):
            case "SOFTWARE_TOKEN_MFA":
                return Challenge("code", answer["Session"])
            case "MFA_SETUP" if "SOFTWARE_TOKEN_MFA" in answer["ChallengeParameters"].get("MFAS_CAN_SETUP", ""):
                with _asking({"challenge_ended": _CHALLENGE_OVER}):
                    begun = self._client.associate_software_token(Session=answer["Session"])
                return Challenge("set_up", begun["Session"], begun["SecretCode"])
        raise Unauthenticated("challenge_required", str(answer.get("ChallengeName")))

    def answer(self, username: str, challenge: Challenge, code: str) -> Tokens:
        said, session = {"USERNAME": username}, challenge.session
        with _asking({"code_refused": _CODE_WRONG, "challenge_ended": _CHALLENGE_OVER}):
            if challenge.kind == "set_up":
                verified = self._client.verify_software_token(Session=session, UserCode=code)
                if verified.get("Status") != "SUCCESS":
                    raise Unauthenticated("code_refused")
                session = verified["Session"]
            else:
                said["SOFTWARE_TOKEN_MFA_CODE"] = code
            answer = self._client.admin_respond_to_auth_challenge(
                UserPoolId=self._pool,
                ClientId=self._app_client,
                ChallengeName=_KINDS[challenge.kind],  # type: ignore[arg-type]
                ChallengeResponses=said,
                Session=session,
            )
        if "AuthenticationResult" not in answer:
            raise Unauthenticated("challenge_required", str(answer.get("ChallengeName")))
        return _tokens(answer)

    def refresh(self, refresh_token: str) -> Tokens:
        with _asking({"session_ended": _REFUSED}):
            answer = self._client.initiate_auth(
                AuthFlow="REFRESH_TOKEN_AUTH",
                AuthParameters={"REFRESH_TOKEN": refresh_token},
                ClientId=self._app_client,
            )
        if "AuthenticationResult" not in answer:
            raise Unauthenticated("session_ended")
        return _tokens(answer)

    def revoke(self, refresh_token: str) -> None:
        """Ends the session everywhere it was refreshed; a token that is void already is no error."""
        try:
            self._client.revoke_token(Token=refresh_token, ClientId=self._app_client)
        except ClientError:
            return
        except BotoCoreError as error:
            raise Upstream("sign_in_unavailable") from error

    # ------------------------------------------------------------ accounts

    def create(self, username: str, *, email: str, password: str) -> None:
        """No mail is sent by the pool: what people are told, they are told by us."""
        with _asking({}):
            with suppress(self._client.exceptions.UsernameExistsException):  # the password is set all the same
                self._client.admin_create_user(
                    UserPoolId=self._pool,
                    Username=username,
                    UserAttributes=[{"Name": "email", "Value": email}, {"Name": "email_verified", "Value": "true"}],
                    MessageAction="SUPPRESS",
                )
            self._client.admin_set_user_password(
                UserPoolId=self._pool, Username=username, Password=password, Permanent=True
            )

    def change_password(self, access_token: str, *, old: str, new: str) -> None:
        with _asking({"password_wrong": {"NotAuthorizedException"}}):
            self._client.change_password(AccessToken=access_token, PreviousPassword=old, ProposedPassword=new)

    def end_sessions(self, username: str) -> None:
        with _asking({}):
            self._client.admin_user_global_sign_out(UserPoolId=self._pool, Username=username)

    def disable(self, username: str) -> None:
        with _asking({}):
            self._client.admin_disable_user(UserPoolId=self._pool, Username=username)

    def enable(self, username: str) -> None:
        with _asking({}):
            self._client.admin_enable_user(UserPoolId=self._pool, Username=username)

    # ------------------------------------------------------------ the second factor

    def begin_enrolment(self, access_token: str) -> str:
        with _asking({"session_ended": _REFUSED}):
            return self._client.associate_software_token(AccessToken=access_token)["SecretCode"]

    def finish_enrolment(self, access_token: str, code: str) -> None:
        with _asking({"code_refused": {*_CODE_WRONG, "SoftwareTokenMFANotFoundException"}, "session_ended": _REFUSED}):
            verified = self._client.verify_software_token(AccessToken=access_token, UserCode=code)
            if verified.get("Status") != "SUCCESS":
                raise Unauthenticated("code_refused")
            # Verifying alone does not make Cognito ask for it where the pool leaves it to the person.
            self._client.set_user_mfa_preference(
                AccessToken=access_token, SoftwareTokenMfaSettings={"Enabled": True, "PreferredMfa": True}
            )

    def remove_second_factor(self, username: str) -> None:
        with _asking({}):
            self._client.admin_set_user_mfa_preference(
                UserPoolId=self._pool,
                Username=username,
                SoftwareTokenMfaSettings={"Enabled": False, "PreferredMfa": False},
            )


def _tokens(answer: Mapping[str, Any]) -> Tokens:
    result = answer["AuthenticationResult"]
    return Tokens(result["AccessToken"], int(result["ExpiresIn"]), result.get("RefreshToken"))


@contextmanager
def _asking(refusals: Mapping[str, set[str]]) -> Iterator[None]:
    """refusals: our code -> Cognito's that mean it, the first that knows one counts. Raises Unauthenticated with ours,
    InvalidInput password_refused, TooMany, Upstream."""
    try:
        yield
    except ClientError as error:
        theirs = error.response["Error"]["Code"]
        for ours, meaning in refusals.items():
            if theirs in meaning:
                raise Unauthenticated(ours) from None
        if theirs in ("InvalidPasswordException", "PasswordHistoryPolicyViolationException"):
            raise InvalidInput("password_refused", field="password") from None
        if theirs in _SLOW_DOWN:
            raise TooMany("rate_limited", wait_s=30) from error
        raise Upstream("sign_in_unavailable", theirs) from error
    except BotoCoreError as error:
        raise Upstream("sign_in_unavailable") from error
