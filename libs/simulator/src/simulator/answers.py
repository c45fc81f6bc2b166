"""HTTP answers as the venues give them, and how requests are read."""

import orjson
from aiohttp import web

BODY_TYPE = "application/json"


def answer(payload: object, status: int = 200) -> web.Response:
    return web.Response(body=orjson.dumps(payload), status=status, content_type=BODY_TYPE)


def refusal(words: str, status: int = 400) -> web.Response:
    return answer({"error": words}, status)


async def read_json(request: web.Request) -> object:
    """Read a JSON body. Raises ValueError where it is none."""
    try:
        return orjson.loads(await request.read())
    except orjson.JSONDecodeError as error:
        raise ValueError("Invalid payload") from error


def whole(text: str | None, default: int, low: int, high: int) -> int:
    """Read a whole number from a query. Raises ValueError outside of its bounds."""
    if text is None:
        return default
    if not text.isascii() or not text.isdigit() or not low <= int(text) <= high:
        raise ValueError(f"expected a whole number from {low} to {high}, found {text!r}")
    return int(text)


def flag(text: str | None, default: bool) -> bool:
    """Read true or false from a query. Raises ValueError for anything else."""
    if text is None:
        return default
    if text.lower() not in ("true", "false"):
        raise ValueError(f"expected true or false, found {text!r}")
    return text.lower() == "true"
