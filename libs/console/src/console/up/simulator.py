"""The simulated world outside, as a process."""

import asyncio
import sys
from collections.abc import Mapping

import httpx

from console.errors import ConsoleError
from console.up.plan import Plan
from console.up.ports import LOOPBACK
from console.up.program import Program

READY_WITHIN_S = 30.0
RETRY_WAIT_S = 0.1


def simulator_program(plan: Plan, port: int, environment: Mapping[str, str]) -> Program:
    """Answer how to run the simulator; always on the same port, so that it can be started again."""
    recording = ("--recording", str(plan.recording)) if plan.recording else ()
    exchange = ("--deposit", "0", "--memory", str(plan.folder.venue)) if plan.money == "sim" else ()
    return Program(
        name="simulator",
        command=(
            sys.executable, "-m", "simulator", "--host", LOOPBACK, "--port", str(port), "--seed", str(plan.seed),
            "--lag", str(plan.lag_s), "--world", plan.world, *recording, *exchange, *plan.simulator_options,
        ),
        environment=environment,
        log=plan.folder.logs / "simulator.jsonl",
    )  # fmt: skip


async def wait_for_simulator(url: str, within_s: float = READY_WITHIN_S) -> None:
    """Wait until it answers."""
    deadline = asyncio.get_running_loop().time() + within_s
    async with httpx.AsyncClient(timeout=2, trust_env=False) as client:
        while True:
            try:
                if (await client.get(f"{url}/sim/health")).is_success:
                    return
            except httpx.HTTPError:
                pass
            if asyncio.get_running_loop().time() > deadline:
                raise ConsoleError(f"simulator at {url}: not ready within {within_s:g} s")
            await asyncio.sleep(RETRY_WAIT_S)
