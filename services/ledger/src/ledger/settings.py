"""What the ledger can be told from outside."""

from typing import Annotated
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator

from common.settings import ServiceSettings

SCHEMES = ("postgresql://", "postgres://")


class Settings(ServiceSettings):
    """Where the database is, and how long it may take."""

    database_url: SecretStr
    """Postgres, as `postgresql://user:password@host:5432/database`."""
    pool_size_max: Annotated[int, Field(ge=1, le=20)] = 2
    """Connections to Postgres; one stores, another is there when that one hangs."""
    connect_timeout_s: Annotated[float, Field(gt=0, le=60)] = 5.0
    """How long a connection to Postgres may take to open."""
    statement_timeout_ms: Annotated[int, Field(ge=100, le=600_000)] = 10_000
    """How long one statement may take before Postgres ends it and the batch is offered again."""
    rebuild_batch_max: Annotated[int, Field(ge=1, le=10_000)] = 1000
    """Events in one transaction while the projection is rebuilt."""

    @field_validator("database_url")
    @classmethod
    def _is_postgres(cls, url: SecretStr) -> SecretStr:
        text = url.get_secret_value()
        if not text.startswith(SCHEMES) or not all(map(_has_a_port_or_none, _hosts(text))):
            raise ValueError("postgresql://user:password@host:port/database, special characters percent-encoded")
        return url


def _hosts(url: str) -> list[str]:
    return urlsplit(url).netloc.rpartition("@")[2].split(",")


def _has_a_port_or_none(host: str) -> bool:
    """Say whether a host is one; half of a password that has a `/` in it is not, and must not get into an error."""
    port = host.rpartition("]")[2].rpartition(":")[2] if ":" in host.rpartition("]")[2] else ""
    return port == "" or port.isdecimal()
