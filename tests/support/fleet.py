"""Services as processes with an environment each, for the tests that put a system together by hand."""

import asyncio
import contextlib
import os
import signal
import sys

STOP_WITHIN_S = 25
SHOWN = 4000
ENDED_WELL = (0, -signal.SIGKILL)


class Fleet:
    """Start them by a name of one's own, kill one, stop them all; `said` is what each has printed."""

    def __init__(self):
        self.processes = {}
        self.said = {}
        self._reading = []

    async def start(self, name, module, **environment):
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", module, env=os.environ | environment, stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        self.processes[name], self.said[name] = process, b""
        self._reading.append(asyncio.create_task(self._read(name, process)))

    def alive(self):
        return {name for name, process in self.processes.items() if process.returncode is None}

    async def kill(self, name):
        self.processes[name].kill()
        await self.processes[name].wait()

    async def stop(self):
        """Stop all and wait; what did not end well is an error, with its last words."""
        for process in self.processes.values():
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
        try:
            async with asyncio.timeout(STOP_WITHIN_S):
                for process in self.processes.values():
                    await process.wait()
        finally:
            for process in self.processes.values():
                with contextlib.suppress(ProcessLookupError):
                    process.kill()
                await process.wait()
            await asyncio.gather(*self._reading)
        wrong = {name: p.returncode for name, p in self.processes.items() if p.returncode not in ENDED_WELL}
        assert not wrong, {name: (code, self.said[name][-SHOWN:].decode()) for name, code in wrong.items()}

    async def _read(self, name, process):
        while chunk := await process.stdout.read(65536):
            self.said[name] = (self.said[name] + chunk)[-SHOWN * 10 :]
