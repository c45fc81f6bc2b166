"""Pushover's message call. Its keys travel in the form only, and are kept out of every error."""

from collections.abc import Mapping

import httpx
from pydantic import SecretStr

from alerter.adapters.channel import RefusedError, UnreachableError
from alerter.core import AlertRaised

TITLE_CHARACTERS_MAX = 250
MESSAGE_CHARACTERS_MAX = 1024
DETAIL_CHARACTERS_MAX = 200


class Pushover:
    """Pushes alerts to the owner's phone."""

    name = "pushover"
    result = "accepted"

    def __init__(self, url: str, *, user_key: SecretStr, api_token: SecretStr, timeout_s: float) -> None:
        self._url = url
        self._user_key = user_key
        self._api_token = api_token
        # Pushover asks for at most two connections at a time.
        self._client = httpx.AsyncClient(timeout=timeout_s, limits=httpx.Limits(max_connections=2))

    async def deliver(self, alert: AlertRaised) -> None:
        try:
            response = await self._client.post(self._url, data=self._form(alert))
        except httpx.InvalidURL as error:
            raise RefusedError("invalid_url", self._without_keys(str(error))) from None
        except httpx.HTTPError as error:
            raise UnreachableError(_snake(type(error).__name__), self._without_keys(str(error))) from None
        self._check(response)

    async def close(self) -> None:
        await self._client.aclose()

    def _form(self, alert: AlertRaised) -> Mapping[str, str]:
        form = {
            "token": self._api_token.get_secret_value(),
            "user": self._user_key.get_secret_value(),
            "title": alert.title[:TITLE_CHARACTERS_MAX],
            "message": alert.message[:MESSAGE_CHARACTERS_MAX] or alert.title[:MESSAGE_CHARACTERS_MAX],
            "priority": str(alert.priority),
        }
        if alert.retry_s is not None and alert.expire_s is not None:
            form |= {"retry": str(alert.retry_s), "expire": str(alert.expire_s)}
        return form

    def _check(self, response: httpx.Response) -> None:
        code, detail = f"http_{response.status_code}", self._without_keys(response.text)
        if httpx.codes.is_client_error(response.status_code):
            raise RefusedError(code, detail)
        if not response.is_success:
            raise UnreachableError(code, detail)
        if not _was_taken(response):
            raise UnreachableError("bad_answer", detail)

    def _without_keys(self, text: str) -> str:
        for secret in (self._user_key, self._api_token):
            text = text.replace(secret.get_secret_value(), "***")
        return text[:DETAIL_CHARACTERS_MAX]


def _was_taken(response: httpx.Response) -> bool:
    """Say whether it was Pushover that answered, and not some page in between."""
    try:
        answer = response.json()
    except ValueError:
        return False
    return isinstance(answer, dict) and answer.get("status") == 1


def _snake(name: str) -> str:
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in name).lstrip("_")
