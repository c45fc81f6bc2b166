"""What each process is told: by its environment alone, so that no password stands in a process list."""

from collections.abc import Mapping
from dataclasses import dataclass

from common.bootstrap.nats_config import USERS, password_variable
from console.up import real
from console.up.plan import Plan
from console.up.ports import LOOPBACK
from console.up.wallet import DEPOSIT_WALLET, Wallet

SECRET_PREFIXES = ("POLYMARKET_", "PUSHOVER_", "NATS_", "DATABASE_", "PG")
SECRET_SUFFIXES = ("_PASSWORD", "_PASSWORD_FILE", "_TOKEN", "_SECRET", "_PRIVATE_KEY")
HEARTBEAT_MS = "500"
PUSHOVER_KEY_OF_THE_SIMULATOR = "simulated0simulated0simulated0"
OF_THE_EXECUTOR = ("PAPER_TRADING", "DRY_RUN", "LIVE_CONFIRMATION")
"""Nobody else is told whether, and how far, money is at stake."""
RECORDED = {"SYMBOLS": "BTC", "SETTLEMENT_TOPICS": "crypto_prices_chainlink"}
"""A recording has one coin, and settled by its spot price: there is no average to wait for."""
WALLET_PREFIX = "POLYMARKET_"
DERIVED_ANEW = ("POLYMARKET_API_KEY", "POLYMARKET_SECRET", "POLYMARKET_PASSPHRASE", "POLYMARKET_RELAYER_API_KEY")
"""Empty, so that what a `.env` says of the owner's own wallet is not taken for the throw-away one's."""
PUSHOVER_NAMES = ("PUSHOVER_URL", "PUSHOVER_USER_KEY", "PUSHOVER_API_TOKEN")


@dataclass(frozen=True, slots=True, kw_only=True)
class Addresses:
    """Where everything listens."""

    nats_port: int
    simulator_port: int
    http_ports: Mapping[str, int]
    database_url: str

    @property
    def nats_url(self) -> str:
        return f"nats://{LOOPBACK}:{self.nats_port}"

    @property
    def simulator_url(self) -> str:
        return f"http://{LOOPBACK}:{self.simulator_port}"


def plain(inherited: Mapping[str, str]) -> dict[str, str]:
    """Keep what any process may see: everything but credentials."""
    return {
        name: value
        for name, value in inherited.items()
        if not name.startswith(SECRET_PREFIXES) and not name.endswith(SECRET_SUFFIXES) and name not in OF_THE_EXECUTOR
    }


def for_nats(inherited: Mapping[str, str], passwords: Mapping[str, str]) -> dict[str, str]:
    """Tell the NATS server everyone's password."""
    return plain(inherited) | {password_variable(user): passwords[user] for user in USERS}


def for_service(
    name: str, plan: Plan, addresses: Addresses, passwords: Mapping[str, str], inherited: Mapping[str, str],
    *, wallet: Wallet | None = None,
) -> dict[str, str]:  # fmt: skip
    """Tell a service where everything is, its own password, and nobody else's; the executor, of the wallet too."""
    told = {
        "NATS_URL": addresses.nats_url,
        "NATS_PASSWORD": passwords[name],
        "HTTP_HOST": LOOPBACK,
        "HTTP_PORT": str(addresses.http_ports[name]),
        "LOG_FORMAT": "json",
        "HEARTBEAT_MS": HEARTBEAT_MS,
        "PYTHONUNBUFFERED": "1",
    }
    told |= _own(name, plan, addresses, inherited)
    if name == "executor":
        told |= _money(plan, addresses, inherited, wallet)
    files = {f"{variable}_FILE" for variable in told}
    return {n: value for n, value in plain(inherited).items() if n not in files} | told


def new_passwords(random_hex: Mapping[str, str]) -> dict[str, str]:
    """Give every user of NATS a password that its configuration cannot take for a number."""
    return {user: f"p{random_hex[user]}" for user in USERS}


def _own(name: str, plan: Plan, addresses: Addresses, inherited: Mapping[str, str]) -> dict[str, str]:
    """Answer what a service is told beside what all are told."""
    simulated = plan.is_simulated
    own: dict[str, dict[str, str]] = {
        "oracle": _feeds(addresses) if simulated else {},
        "venue": _exchange(addresses) if simulated else {},
        "ledger": {"DATABASE_URL": addresses.database_url},
        "alerter": pushover_of(addresses.simulator_url) if simulated else _owners_pushover(inherited),
    }
    return (RECORDED if plan.world == "recording" else {}) | own.get(name, {})


def _money(
    plan: Plan, addresses: Addresses, inherited: Mapping[str, str], wallet: Wallet | None
) -> dict[str, str]:  # fmt: skip
    """Answer what the executor trades with. On the simulated exchange nothing of the owner's reaches it."""
    if plan.money == "paper":
        return {"PAPER_TRADING": "true"}
    if plan.money == "real":
        owners = {name: value for name, value in inherited.items() if name.startswith(WALLET_PREFIX)}
        return owners | {"PAPER_TRADING": "false", "DRY_RUN": "false", "LIVE_CONFIRMATION": plan.confirmation}
    if wallet is None:
        raise ValueError("a run on the simulated exchange: expected its wallet, found none")
    return _exchange(addresses) | {
        "PAPER_TRADING": "false",
        "DRY_RUN": "false",
        "LIVE_CONFIRMATION": real.WORDS,
        "CLOB_USER_WS_URL": f"ws://{LOOPBACK}:{addresses.simulator_port}/ws/user",
        "RELAYER_URL": f"{addresses.simulator_url}/relayer",
        "POLYGON_RPC_URL": f"{addresses.simulator_url}/no-chain-here",
        "POLYMARKET_PRIVATE_KEY_FILE": str(wallet.key_file),
        "POLYMARKET_SIGNATURE_TYPE": str(DEPOSIT_WALLET),
        "POLYMARKET_FUNDER": wallet.funder,
    } | dict.fromkeys(DERIVED_ANEW, "")  # fmt: skip


def pushover_of(simulator_url: str) -> dict[str, str]:
    """Answer how the simulated Pushover is reached."""
    key = PUSHOVER_KEY_OF_THE_SIMULATOR
    url = f"{simulator_url}/pushover/1/messages.json"
    return dict(zip(PUSHOVER_NAMES, (url, key, key), strict=True))


def _owners_pushover(inherited: Mapping[str, str]) -> dict[str, str]:
    names = {variable for name in PUSHOVER_NAMES for variable in (name, f"{name}_FILE")}
    return {name: value for name, value in inherited.items() if name in names}


def _feeds(addresses: Addresses) -> dict[str, str]:
    base = f"ws://{LOOPBACK}:{addresses.simulator_port}"
    return {
        "BINANCE_WS_URL": f"{base}/binance",
        "COINBASE_WS_URL": f"{base}/coinbase",
        "RTDS_WS_URL": f"{base}/rtds",
    }


def _exchange(addresses: Addresses) -> dict[str, str]:
    return {
        "GAMMA_URL": f"{addresses.simulator_url}/gamma",
        "CLOB_URL": f"{addresses.simulator_url}/clob",
        "CLOB_WS_URL": f"ws://{LOOPBACK}:{addresses.simulator_port}/ws/market",
        "GEOBLOCK_URL": f"{addresses.simulator_url}/geoblock",
    }
