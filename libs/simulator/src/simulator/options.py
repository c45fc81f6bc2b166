"""The simulator's command line: what can be asked of it, and what a stranger must know to use it."""

import argparse
from pathlib import Path

from simulator.exchange.settings import ExchangeSettings

DESCRIPTION = """\
Simulates the outside world that pm-arb trades in, on one local port and in real time: the price streams
of Binance and Coinbase, Polymarket's settlement feed (RTDS), its catalogue (Gamma), its exchange (CLOB) with
accounts, orders and matching, its market and user sockets, and the Pushover gateway. Nothing it says is
real and nothing it receives goes anywhere: use throw-away keys.
"""
EPILOG = """\
When it listens it prints one line of JSON to stdout, {"event":"ready","port":N,...}. The makers of the
simulated markets know prices with --lag seconds of delay: that is the edge there is to find; at --lag 0
there is none. The same --seed makes the same prices, markets and books at the same instants, whenever started.

The official clients, with --port 8900 --allow-eoa and any private key:
  from py_clob_client_v2 import ClobClient
  client = ClobClient("http://127.0.0.1:8900/clob", 137, key=KEY, signature_type=0)
  client.set_api_creds(client.create_or_derive_api_key())

  import dataclasses; from polymarket import AsyncSecureClient, environments
  http, ws = "http://127.0.0.1:8900", "ws://127.0.0.1:8900"
  config = dataclasses.replace(environments.PRODUCTION._config, clob_url=f"{http}/clob", gamma_url=f"{http}/gamma",
      data_url=f"{http}/data-api", relayer_url=f"{http}/relayer", clob_market_ws_url=f"{ws}/ws/market",
      clob_user_ws_url=f"{ws}/ws/user", realtime_ws_url=f"{ws}/polybolt", rtds_ws_url=f"{ws}/rtds")
  environment = environments._create_environment(name="simulator", config=config)
  client = await AsyncSecureClient.create(private_key=KEY, wallet=ADDRESS_OF_KEY, environment=environment)

Its own pages: GET /sim/health tells how it is, GET /sim/outcomes who truly won, GET /sim/faults what can go
wrong, GET /sim/accounts/ADDRESS what somebody holds, POST /sim/accounts gives money, POST /sim/faults makes
something go wrong:
  curl -d '{"name":"drop_answer","path":"/order","method":"POST"}' http://127.0.0.1:8900/sim/faults
  curl -d '{"address":"0x...","usd":500,"allow_eoa":true}' http://127.0.0.1:8900/sim/accounts

A scenario is the same from a file, a fault a line, at seconds from the start; # begins a remark:
  {"at_s": 30, "name": "restarting", "seconds": 20, "post_only_seconds": 60}
  {"at_s": 95.5, "name": "order_timed_out", "placed": true, "count": 2}
"""


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(
        prog="python -m simulator",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    _of_server(made.add_argument_group("server"))
    _of_world(made.add_argument_group("world"))
    _of_exchange(made.add_argument_group("exchange"))
    return made


def exchange_settings(options: argparse.Namespace) -> ExchangeSettings:
    """Return the exchange that was asked for. Raises ValueError where it makes no sense."""
    return ExchangeSettings(
        deposit_usd=options.deposit,
        allows_eoa=options.allow_eoa,
        taker_delay_ms=options.taker_delay_ms,
        delay_is_told=options.tell_delay,
        mined_after_ms=options.mined_after_ms,
        confirmed_after_ms=options.confirmed_after_ms,
        redeems_after_ms=options.redeems_after_ms,
        limits_rates=not options.no_rate_limits,
        enforces_signer_limits=options.enforce_signer_limits,
        open_orders_max=options.open_orders_max,
        book_changes_per_s=options.book_changes,
    )


def _of_server(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    group.add_argument("--port", type=int, default=0, help="port to listen on, 0 for a free one (default: 0)")
    group.add_argument("--scenario", type=Path, metavar="FILE", help="what goes wrong, and when (see below)")
    group.add_argument("--keep-log", action="store_true", help="keep the engine's operations, for GET /sim/log")
    group.add_argument(
        "--memory", type=Path, metavar="DIR", help="folder in which the exchange is remembered over a restart"
    )
    group.add_argument(
        "--admin-anywhere", action="store_true", help="serve /sim pages to other machines too, not only to this one"
    )


def _of_world(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--seed", type=int, default=1, help="which of the possible worlds (default: 1)")
    group.add_argument(
        "--lag", type=float, default=2.0, metavar="SECONDS", help="how old the makers' prices are (default: 2)"
    )
    group.add_argument(
        "--world",
        choices=("seeded", "recording"),
        default="seeded",
        help="make prices from the seed, or replay a recorded morning as if it were now (default: seeded)",
    )
    group.add_argument(
        "--recording",
        type=Path,
        metavar="DIR",
        help="folder with btcusd-chainlink*.csv.gz and btc-5m-markets*.jsonl.gz, for --world recording",
    )
    group.add_argument(
        "--version-two",
        type=float,
        default=0.0,
        metavar="SHARE",
        help="share of the seeded markets that belong to the protocol's second version, 0 to 1 (default: 0)",
    )


def _of_exchange(group: argparse._ArgumentGroup) -> None:
    usual = ExchangeSettings()
    group.add_argument(
        "--deposit",
        type=float,
        default=usual.deposit_usd,
        metavar="USD",
        help="what a wallet begins with (default: 1000)",
    )
    group.add_argument(
        "--allow-eoa", action="store_true", help="let keys trade from their own address, without a wallet"
    )
    group.add_argument("--tell-delay", action="store_true", help="answer held orders at once, with status delayed")
    group.add_argument("--no-rate-limits", action="store_true", help="take any number of calls")
    group.add_argument(
        "--enforce-signer-limits",
        action="store_true",
        help="refuse what a signer's tokens do not pay, not only warn",
    )
    for name, value, what in (
        ("--taker-delay-ms", usual.taker_delay_ms, "how long a marketable order is held"),
        ("--mined-after-ms", usual.mined_after_ms, "from a match until its trade is MINED"),
        ("--confirmed-after-ms", usual.confirmed_after_ms, "from a match until its trade is CONFIRMED"),
        ("--redeems-after-ms", usual.redeems_after_ms, "from a resolution until winnings are paid, negative for never"),
        ("--open-orders-max", usual.open_orders_max, "open orders of one API key"),
        ("--book-changes", usual.book_changes_per_s, "levels resized a second, far from the touch, as if it were busy"),
    ):
        metavar = "MS" if name.endswith("-ms") else "N"
        group.add_argument(name, type=int, default=value, metavar=metavar, help=f"{what} (default: {value})")
