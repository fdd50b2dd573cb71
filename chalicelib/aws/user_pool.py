"""Sign-in by Cognito. Passwords and tokens pass through here and are kept nowhere."""

from __future__ import annotations

import base64
import json
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.errors import TooMany, Unauthenticated, Upstream

if TYPE_CHECKING:
    from mypy_boto3_cognito_idp import CognitoIdentityProviderClient

_REFUSED = {
    "NotAuthorizedException",
    "UserNotFoundException",
    "UserNotConfirmedException",
    "PasswordResetRequiredException",
}
_SLOW_DOWN = {"TooManyRequestsException", "LimitExceededException"}


@dataclass(frozen=True)
class Tokens:
    """expires_in: seconds, of the access token. refresh is None when Cognito gave no new one."""

    access: str = field(repr=False)
    expires_in: int
    refresh: str | None = field(repr=False)

    @property
    def username(self) -> str:
        """Whom the pool made the access token for. Not verified here: it has just come from the pool itself."""
        payload = self.access.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        return str(claims.get("username", ""))


class UserPool:
    def __init__(self, client: CognitoIdentityProviderClient, pool: str, app_client: str) -> None:
        self._client = client
        self._pool = pool
        self._app_client = app_client

    def sign_in(self, username: str, password: str) -> Tokens:
        """Raises Unauthenticated sign_in_refused or challenge_required, TooMany, Upstream."""
        return self._auth("USER_PASSWORD_AUTH", {"USERNAME": username, "PASSWORD": password}, "sign_in_refused")

    def refresh(self, refresh_token: str) -> Tokens:
        """Raises Unauthenticated session_ended, TooMany, Upstream."""
        return self._auth("REFRESH_TOKEN_AUTH", {"REFRESH_TOKEN": refresh_token}, "session_ended")

    def revoke(self, refresh_token: str) -> None:
        """Ends the session everywhere it was refreshed; a token that is void already is no error."""
        try:
            self._client.revoke_token(Token=refresh_token, ClientId=self._app_client)
        except ClientError:
            return
        except BotoCoreError as error:
            raise Upstream("sign_in_unavailable") from error

    def create(self, username: str, *, email: str, password: str) -> None:
        """Somebody who can sign in with this password at once; no mail is sent. Who exists already keeps theirs."""
        with suppress(self._client.exceptions.UsernameExistsException):
            self._client.admin_create_user(
                UserPoolId=self._pool,
                Username=username,
                UserAttributes=[{"Name": "email", "Value": email}, {"Name": "email_verified", "Value": "true"}],
                MessageAction="SUPPRESS",
            )
        self._client.admin_set_user_password(
            UserPoolId=self._pool, Username=username, Password=password, Permanent=True
        )

    def _auth(self, flow: str, parameters: dict[str, str], refused: str) -> Tokens:
        try:
            answer = self._client.initiate_auth(
                AuthFlow=flow,  # type: ignore[arg-type]
                AuthParameters=parameters,
                ClientId=self._app_client,
            )
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code in _REFUSED or code == "InvalidParameterException":
                raise Unauthenticated(refused) from None  # Cognito's words would tell whether the person exists
            if code in _SLOW_DOWN:
                raise TooMany("rate_limited", wait_s=30) from error
            raise Upstream("sign_in_unavailable", code) from error
        except BotoCoreError as error:
            raise Upstream("sign_in_unavailable") from error
        result = answer.get("AuthenticationResult")
        if result is None:
            raise Unauthenticated("challenge_required", str(answer.get("ChallengeName")))
        return Tokens(result["AccessToken"], int(result["ExpiresIn"]), result.get("RefreshToken"))
