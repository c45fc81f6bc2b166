"""The services between a tick and its order, as processes on a server of their own: on a venue that is scripted, live."""

import os
import subprocess
import sys

from support.waiting import eventually

READY_WITHIN_S = 30
SPOT_TOPIC = "crypto_prices_chainlink"
SETTINGS = {
    "SYMBOLS": "BTC", "EXCHANGES": "binance", "SETTLEMENT_TOPICS": SPOT_TOPIC, "LOG_LEVEL": "warning", "HTTP_PORT": "0",
    "OPPORTUNITY_INTERVAL_MS": "0", "REPEAT_WINDOW_MS": "0", "ORDERS_PER_MINUTE_MAX": "1000", "OPEN_ORDERS_MAX": "1000",
    "REPEATED_TRADES_MAX": "1000", "REPEATED_TRADES_WINDOW_S": "1",
}  # fmt: skip
"""The limits on how often, wide; all others as they are."""
KEY, FUNDER = "0x" + "a1" * 32, "0x52908400098527886E0F7030069857D2E4169EE7"
LIVE = {
    "PAPER_TRADING": "false", "DRY_RUN": "false", "LIVE_CONFIRMATION": "I UNDERSTAND", "POLYMARKET_FUNDER": FUNDER,
    "POLYMARKET_SIGNATURE_TYPE": "3",
}  # fmt: skip


class System:
    """The four services on a server of their own."""

    def __init__(self, server, feeds_port, exchange_port):
        self._server = server
        self._environment = os.environ | SETTINGS | {
            "NATS_URL": server.url, "BINANCE_WS_URL": f"ws://127.0.0.1:{feeds_port}/binance",
            "RTDS_WS_URL": f"ws://127.0.0.1:{feeds_port}/rtds",
        }  # fmt: skip
        key = server.folder / "wallet.key"
        key.touch(mode=0o600)
        key.write_text(KEY)
        self._live = LIVE | {
            "POLYMARKET_PRIVATE_KEY_FILE": str(key), "CLOB_URL": f"http://127.0.0.1:{exchange_port}",
            "GEOBLOCK_URL": f"http://127.0.0.1:{exchange_port}/geoblock",
            "CLOB_USER_WS_URL": f"ws://127.0.0.1:{feeds_port}/user",
        }  # fmt: skip
        self._running = []

    def start(self, *names):
        for name in names:
            environment = self._environment | (self._live if name == "executor" else {})
            environment["NATS_PASSWORD"] = self._server.passwords[name]
            with (self._server.folder / f"{name}.log").open("w") as log:
                self._running.append(
                    subprocess.Popen(
                        [sys.executable, "-m", name], cwd=self._server.folder, env=environment, stdout=log, stderr=log
                    )
                )

    async def ready(self, bus, trade_now, *names):
        """Trade until services say that they can do their job."""
        ready = {}
        await bus.subscribe("heartbeat.*", lambda message: ready.update({message.event.service: message.event.ready}))

        async def all_ready():
            trade_now()
            return all(ready.get(name) for name in names)

        try:
            await eventually(all_ready, within_s=READY_WITHIN_S, every_s=0.1, why="the services are ready")
        except AssertionError:
            print("\n".join(path.read_text() for path in self._server.folder.glob("*.log")), file=sys.stderr)
            raise

    def stop(self):
        for process in self._running:
            process.terminate()
        for process in self._running:
            process.wait(30)
