"""What is done with a wallet now and then, by the venue's own client: keys, addresses, approvals, redemption.

The one file that imports `polymarket`, and it is imported by `python -m executor wallet ...` alone, in a process of its
own: the service that trades never loads it. What that client does not offer in public (another host than production's,
the address of a wallet that is not deployed) is taken from its inside, which the pinned version keeps as it is.
"""

import dataclasses
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from polymarket import AsyncSecureClient, PolymarketError, RelayerApiKey, RequestRejectedError, TransportError
from polymarket._internal.actions.relayer.deployed import fetch_deployed
from polymarket._internal.environment import create_environment
from polymarket._internal.wallet import (
    derive_beacon_deposit_wallet_address,
    derive_proxy_wallet_address,
    derive_safe_wallet_address,
    derive_uups_deposit_wallet_address,
)
from polymarket.clients._transport import AsyncTransport
from polymarket.environments import PRODUCTION
from polymarket.errors import TimeoutError as WaitedTooLongError
from polymarket.errors import TransactionFailedError
from polymarket.models.clob.relayer import RelayerTransactionType
from pydantic import SecretStr

from common.errors import PmArbError
from executor.adapters.credentials import Credentials
from executor.adapters.signer import Signer
from executor.adapters.typed_data import EOA, PROXY, SAFE
from executor.settings import Settings, WalletSettings


class WalletError(PmArbError):
    """The venue's client could not do it. `is_lasting` where asking again would come to the same."""

    def __init__(self, what: str, found: str, *, is_lasting: bool) -> None:
        self.is_lasting = is_lasting
        super().__init__(f"{what}: {found}")


class OfficialWallet:
    """One wallet, through the venue's own client. Every method raises WalletError for whatever is not done."""

    def __init__(self, settings: Settings, secrets: WalletSettings) -> None:
        self._settings, self._key = settings, secrets.polymarket_private_key
        self._relayer_key = secrets.polymarket_relayer_api_key
        self._key_address = Signer(self._key).wallet.key_address
        self._config = dataclasses.replace(
            PRODUCTION._config, clob_url=settings.clob_url, gamma_url=settings.gamma_url,  # noqa: SLF001 - no public way
            relayer_url=settings.relayer_url, rpc_url=settings.polygon_rpc_url,
        )  # fmt: skip

    async def address(self) -> str:
        """Answer the address of the wallet that the key and the signature type mean, with its checksum."""
        config, key_address = self._config.wallet_derivation, self._key_address
        kind = self._settings.polymarket_signature_type
        if kind == EOA:
            return key_address
        if kind == PROXY:
            return derive_proxy_wallet_address(key_address, config)
        if kind == SAFE:
            return derive_safe_wallet_address(key_address, config)
        older = derive_uups_deposit_wallet_address(key_address, config)
        relayer = AsyncTransport(base_url=self._config.relayer_url, logger=None)
        try:
            async with _told("wallet"):
                is_older = await fetch_deployed(relayer, address=older, type=RelayerTransactionType.WALLET)
        finally:
            await relayer.close()
        return older if is_older else derive_beacon_deposit_wallet_address(key_address, config)

    async def credentials(self) -> Credentials:
        """Fetch the API key of the wallet's key, or make the first one; it is the same for every wallet of the key."""
        async with self._client("credentials", self._key_address) as client:
            made = client.credentials
        return Credentials(
            address=self._key_address, key=made.key, secret=SecretStr(made.secret),
            passphrase=SecretStr(made.passphrase),
        )  # fmt: skip

    async def missing_approvals(self) -> tuple[str, ...]:
        """Name the contracts that the venue needs approved and that are not, dollars first, then shares."""
        async with self._client("approvals", await self._funder()) as client:
            missing = (await client.get_trading_approvals_state()).missing
        dollars = (f"dollars to {each.spender}" for each in missing.erc20)
        return (*dollars, *(f"shares to {each.operator}" for each in missing.erc1155))

    async def approve(self) -> None:
        """Approve what is missing, and wait until the chain has it."""
        async with self._client("approvals", await self._funder()) as client:
            await client.setup_trading_approvals()

    async def redeem(self, condition_id: str) -> str:
        """Have the winning shares of a resolved market paid out, and wait; answer the transaction's hash."""
        async with self._client("redemption", await self._funder()) as client:
            handle = await client.redeem_positions(condition_id=condition_id)
            outcome = await handle.wait()
        return str(outcome.transaction_hash)

    async def _funder(self) -> str:
        return self._settings.polymarket_funder or await self.address()

    @asynccontextmanager
    async def _client(self, what: str, wallet: str) -> AsyncIterator[AsyncSecureClient]:
        relayer_key = self._relayer_key.get_secret_value()
        async with _told(what):
            client = await AsyncSecureClient.create(
                private_key=self._key.get_secret_value(), wallet=wallet,
                environment=create_environment(name="pm-arb", config=self._config),
                api_key=RelayerApiKey(key=relayer_key, address=self._key_address) if relayer_key else None,
            )  # fmt: skip
            try:
                yield client
            finally:
                await client.close()


@asynccontextmanager
async def _told(what: str) -> AsyncIterator[None]:
    """Tell the client's errors in ours. None of its words can hold a secret, for the key was looked at before."""
    try:
        yield
    except (TransportError, WaitedTooLongError) as error:
        raise WalletError(what, f"nobody can say: {error}", is_lasting=False) from None
    except RequestRejectedError as error:
        lasting = error.status < 500
        raise WalletError(what, f"refused with status {error.status}: {error}", is_lasting=lasting) from None
    except TransactionFailedError as error:
        raise WalletError(what, f"the chain refused it: {error}", is_lasting=False) from None
    except PolymarketError as error:
        raise WalletError(what, f"{type(error).__name__}: {error}", is_lasting=True) from None
