"""Settings from the environment, under the owner's variable names; a wrong one stops the start and says why.

Any variable may be given as `<NAME>_FILE`, the path of a file that holds its value, so that secrets stay out of the
environment.
"""

import os
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from common.errors import ParseError, SettingsError
from common.parsing import parse_symbol

SettingsT = TypeVar("SettingsT", bound="Settings")


def _split(value: object) -> object:
    return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value


Names = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split)]
"""A list that is written with commas: `BTC,ETH`."""


def _bare(symbols: tuple[str, ...]) -> tuple[str, ...]:
    try:
        return tuple(parse_symbol(symbol, "SYMBOLS") for symbol in symbols)
    except ParseError as error:
        raise ValueError(error.expected) from None


BareSymbols = Annotated[Names, AfterValidator(_bare)]
"""Underlyings without a quote currency; a pair such as `BTCUSDT` is refused."""


class Settings(BaseSettings):
    """The base of every group of settings."""

    model_config = SettingsConfigDict(
        env_file=".env",
        env_file_encoding="utf-8",
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,
        validate_default=True,
    )


class ServiceSettings(Settings):
    """What every service needs to know to run."""

    nats_url: str = "nats://127.0.0.1:4222"
    """Where the bus is; of a cluster every server, with commas between."""
    nats_password: SecretStr = SecretStr("")
    shard: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{0,64}$")] = ""
    """The name of this instance's part where several share a service's work by symbol; empty where one does it all."""
    http_host: str = "127.0.0.1"
    http_port: Annotated[int, Field(ge=0, le=65535)] = 0
    """Where /live, /ready and /metrics are served; 0 picks a free port."""
    log_format: Literal["json", "console"] = "json"
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    tick_ms: Annotated[int, Field(ge=10, le=10_000)] = 100
    rehearse_share: Annotated[float, Field(ge=0, le=0.5)] = 0.15
    """About the share of one processor that oracle, scanner, risk and executor each take at most, while nothing
    comes, to go through what may come, so that it is quick then; 0: none."""
    heartbeat_ms: Annotated[int, Field(ge=100, le=60_000)] = 1000
    lease_ms: Annotated[int, Field(ge=500, le=60_000)] = 3000
    """Of a service of which one replica acts: how long its lease lasts unless renewed, and a standby waits."""
    replica: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{0,100}$")] = ""
    """The name under which this replica holds its lease; made of host and process when empty."""
    inbox_max: Annotated[int, Field(ge=100)] = 100_000
    """Inputs waiting for the core; beyond it market data is shed and counted, never orders."""
    drain_timeout_s: Annotated[float, Field(gt=0, le=120)] = 8.0
    tape_dir: Annotated[Path | None, BeforeValidator(lambda given: given or None)] = None
    """Where to tape what the core is told; off when empty."""
    tape_bytes_max: Annotated[int, Field(ge=1_000_000)] = 64_000_000
    tape_files_max: Annotated[int, Field(ge=1, le=1000)] = 4
    otel_exporter_otlp_endpoint: str = ""
    """Where spans go; none are exported when empty."""


def load(settings: type[SettingsT], environment: dict[str, str] | None = None) -> SettingsT:
    """Read a group of settings; raises SettingsError with a line per wrong variable: its name, expected, found."""
    env = dict(os.environ) if environment is None else environment
    values = _from_files(settings, env)
    if environment is not None:
        values |= {"_env_file": None} | {k: env[k.upper()] for k in settings.model_fields if k.upper() in env}
    try:
        return settings(**values)
    except ValidationError as error:
        raise SettingsError("\n".join(_line(settings, item, env) for item in error.errors())) from None


def _from_files(settings: type[Settings], env: dict[str, str]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name in settings.model_fields:
        variable = f"{name.upper()}_FILE"
        if not env.get(variable):
            continue
        if env.get(name.upper()):
            raise SettingsError(f"{variable}: expected only one of {name.upper()} and {variable}, found both")
        try:
            values[name] = Path(env[variable]).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise SettingsError(
                f"{variable}: expected a readable file, found {error.strerror}: {env[variable]}"
            ) from None
    return values


def _line(settings: type[Settings], item: Any, env: dict[str, str]) -> str:
    name = str(item["loc"][0]) if item["loc"] else ""
    variable = name.upper() or "settings"
    field = settings.model_fields.get(name)
    secret = field is not None and "Secret" in str(field.annotation)
    found = repr(env[variable]) if variable in env else "nothing"
    if secret and variable in env:
        found = "(hidden)"
    expected = (
        "a value"
        if item["type"] == "missing"
        else item["msg"].removeprefix("Input should be ").removeprefix("Value error, ")
    )
    return f"{variable}: expected {expected}, found {found}"
