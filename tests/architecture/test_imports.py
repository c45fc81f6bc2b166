"""What the import linter cannot say: what a running service has loaded."""

import subprocess
import sys

import pytest

WALLETS = ("polymarket", "py_clob_client", "py_clob_client_v2", "eth_account", "eth_keys", "coincurve", "web3")
SERVICES = ("oracle", "venue", "scanner", "risk", "executor", "ledger", "alerter")


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_on_paper_loads_no_wallet_library(service):
    script = f"import sys, {service}.service; print([m for m in {WALLETS!r} if m in sys.modules])"
    found = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert found.stdout.strip() == "[]"


@pytest.mark.parametrize("service", ["scanner", "risk"])
def test_a_service_that_talks_to_nobody_loads_no_client(service):
    script = f"import sys, {service}.service; print([m for m in ('httpx', 'websockets', 'asyncpg', 'aiohttp') if m in sys.modules])"
    found = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert found.stdout.strip() == "[]"
