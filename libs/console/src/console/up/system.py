"""The whole system as processes: started in order, watched, drained in order."""

import asyncio
import secrets
import sys
from collections.abc import Iterable, Mapping
from decimal import Decimal

import httpx

from common.bootstrap.nats_config import BOOTSTRAP, OPERATOR, USERS
from common.clock import Clock
from common.contracts.subjects import CONSOLE, SERVICES
from console.errors import ConsoleError
from console.state import write_json
from console.up.environment import Addresses, for_nats, for_service, new_passwords, plain
from console.up.nats_server import create_streams, nats_program
from console.up.plan import Plan
from console.up.ports import LOOPBACK, NATS_PORT_USUAL, PortClaim, free_ports
from console.up.postgres import database_url, postgres_program, wait_for_postgres
from console.up.program import Program
from console.up.registry import Registry
from console.up.simulator import simulator_program, wait_for_simulator
from console.up.supervisor import Hook, ProcessHealth, Supervisor
from console.up.wallet import Wallet, open_wallet

PASSWORD_BYTES = 24
NATS_WITHIN_S = 20.0
ASK_TIMEOUT_S = 1.0
ASK_AGAIN_S = 0.15
PRIVATE_MODE = 0o600
NATS, POSTGRES, SIMULATOR = "nats", "postgres", "simulator"
ORDER = (NATS, POSTGRES, SIMULATOR, *SERVICES)


class System:
    """Every process of one run."""

    def __init__(self, plan: Plan, inherited: Mapping[str, str], clock: Clock, bankroll: Decimal) -> None:
        self._plan, self._inherited, self._clock, self._bankroll = plan, inherited, clock, bankroll
        self.wallet: Wallet | None = None
        """The wallet on the simulated exchange, once it is open; None on paper, and for real money."""
        self._passwords = new_passwords({user: secrets.token_hex(PASSWORD_BYTES) for user in USERS})
        simulator_port, *http_ports = free_ports(1 + len(SERVICES))
        self._nats_port = PortClaim(NATS_PORT_USUAL)
        self.addresses = Addresses(
            nats_port=self._nats_port.number,
            simulator_port=simulator_port,
            http_ports=dict(zip(SERVICES, http_ports, strict=True)),
            database_url=database_url(plan.folder),
        )
        self._registry = Registry(plan.folder.pids)
        self._supervisors: dict[str, Supervisor] = {}

    @property
    def console_password(self) -> str:
        return self._passwords[CONSOLE]

    @property
    def simulator_url(self) -> str:
        return self.addresses.simulator_url if self._plan.is_simulated else ""

    @property
    def health(self) -> tuple[ProcessHealth, ...]:
        """How every process stands, the ground it stands on first."""
        names = [name for name in ORDER if name != SIMULATOR or self.simulator_url]
        return tuple(
            self._supervisors[name].health if name in self._supervisors else ProcessHealth(name) for name in names
        )

    async def start_ground(self) -> None:
        """Start what the services stand on: the bus with its streams, the database, the simulated world."""
        secrets_of_operator = {user: self._passwords[user] for user in (CONSOLE, OPERATOR)}
        write_json(self._plan.folder.secrets, secrets_of_operator, PRIVATE_MODE)
        await asyncio.gather(self._start_nats(), self._start_postgres(), self._start_simulator())

    def start_services(self) -> None:
        """Start the seven services at once; they find one another over the bus, in whatever order."""
        for name in SERVICES:
            environment = for_service(
                name, self._plan, self.addresses, self._passwords, self._inherited, wallet=self.wallet
            )  # fmt: skip
            log = self._plan.folder.logs / f"{name}.jsonl"
            self._supervise(Program(name=name, command=(sys.executable, "-m", name), environment=environment, log=log))

    async def wait_until_ready(self) -> None:
        """Wait until every service says that it can do its job; raise when a wrong setting keeps one from it."""
        async with httpx.AsyncClient(timeout=ASK_TIMEOUT_S, trust_env=False) as client:
            waiting = set(SERVICES)
            while waiting:
                answers = await asyncio.gather(*(self._is_ready(client, name) for name in sorted(waiting)))
                waiting -= {name for name, ready in zip(sorted(waiting), answers, strict=True) if ready}
                self.raise_failed()
                await asyncio.sleep(ASK_AGAIN_S)

    def raise_failed(self) -> None:
        """Raise what a process that will not be started again had to say."""
        for supervisor in self._supervisors.values():
            if supervisor.health.state == "failed":
                raise ConsoleError(f"{supervisor.program.name}: {supervisor.health.detail}")

    async def stop(self, names: Iterable[str]) -> None:
        """Drain some processes together."""
        await asyncio.gather(*(self._supervisors[name].stop() for name in names if name in self._supervisors))

    async def stop_ground(self) -> None:
        """Stop what the services stood on, after them."""
        await self.stop([SIMULATOR])
        await self.stop([NATS, POSTGRES])
        self._nats_port.release()
        self._plan.folder.secrets.unlink(missing_ok=True)

    async def _start_nats(self) -> None:
        made = asyncio.Event()

        async def streams() -> None:
            await create_streams(self.addresses.nats_url, self._passwords[BOOTSTRAP])
            made.set()

        environment = for_nats(self._inherited, self._passwords)
        program = nats_program(self._plan.folder, self.addresses.nats_port, environment)
        nats = self._supervise(program, started=streams)
        try:
            await asyncio.wait_for(made.wait(), NATS_WITHIN_S)
        except TimeoutError:
            raise ConsoleError(f"NATS: not ready within {NATS_WITHIN_S:g} s: {nats.health.detail}") from None

    async def _start_postgres(self) -> None:
        program = await asyncio.to_thread(postgres_program, self._plan.folder, plain(self._inherited))
        self._supervise(program)
        await wait_for_postgres(self.addresses.database_url)

    async def _start_simulator(self) -> None:
        if self.simulator_url:
            self._supervise(simulator_program(self._plan, self.addresses.simulator_port, plain(self._inherited)))
            await wait_for_simulator(self.simulator_url)
            if self._plan.money == "sim":
                self.wallet = await open_wallet(self._plan.folder, self.simulator_url, self._bankroll)

    def _supervise(self, program: Program, started: Hook | None = None) -> Supervisor:
        supervisor = Supervisor(program, self._registry, self._clock, started=started)
        self._supervisors[program.name] = supervisor
        supervisor.start()
        return supervisor

    async def _is_ready(self, client: httpx.AsyncClient, name: str) -> bool:
        try:
            return (await client.get(f"http://{LOOPBACK}:{self.addresses.http_ports[name]}/ready")).is_success
        except httpx.HTTPError:
            return False
