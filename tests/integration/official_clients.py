"""The official clients as anybody would use them, with a simulated exchange in the place of the real one."""

import dataclasses

import httpx
from eth_account import Account
from polymarket import environments
from polymarket._internal.wallet import (
    derive_beacon_deposit_wallet_address,
    derive_proxy_wallet_address,
    derive_safe_wallet_address,
)

CENT = 0.01
SPREAD_MAX = 0.06
MIDDLE = (0.15, 0.85)


def environment(outside):
    """The unified client has no public way to another host: its own constructor is the one that its tests use."""
    config = dataclasses.replace(
        environments.PRODUCTION._config,
        clob_url=f"{outside.http}/clob", gamma_url=f"{outside.http}/gamma", data_url=f"{outside.http}/data-api",
        clob_market_ws_url=f"{outside.ws}/ws/market", clob_user_ws_url=f"{outside.ws}/ws/user",
        realtime_ws_url=f"{outside.ws}/polybolt", relayer_url=f"{outside.http}/relayer", rpc_url=outside.http,
    )  # fmt: skip
    return environments._create_environment(name="simulated", config=config)


def trader(number):
    """A throw-away wallet, the same one every time."""
    return Account.from_key(number.to_bytes(32, "big"))


def wallet(account, signature_type):
    config = environments.PRODUCTION._config.wallet_derivation
    derive = {
        1: derive_proxy_wallet_address, 2: derive_safe_wallet_address, 3: derive_beacon_deposit_wallet_address,
    }  # fmt: skip
    return derive[signature_type](account.address, config) if signature_type else account.address


async def tradable(outside, minutes=15, version="v1"):
    """Find a market that goes on for a while and is quoted on both sides, away from the edges: its tokens and prices."""
    async with httpx.AsyncClient(base_url=outside.http) as client:
        events = (await client.get("/gamma/events", params={"limit": 100})).json()
        for event in reversed(events):
            market = event["markets"][0]
            if f"-updown-{minutes}m-" not in event["slug"] or market["version"] != version:
                continue
            bid, ask = market.get("bestBid", 0), market.get("bestAsk", 1)
            if ask - bid <= SPREAD_MAX and MIDDLE[0] <= bid and ask <= MIDDLE[1]:
                return market
    raise AssertionError(f"no {minutes}-minute market of {version} is quoted around its middle")
