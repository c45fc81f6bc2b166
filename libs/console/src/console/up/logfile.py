"""A log file that stays within bounds: when it is full it becomes `<name>.1`, and the one before that goes."""

from pathlib import Path

LOG_BYTES_MAX = 8 * 2**20
TAIL_BYTES_MAX = 4096


class LogFile:
    """Takes what a process writes, and remembers its last words."""

    def __init__(self, path: Path, bytes_max: int = LOG_BYTES_MAX) -> None:
        self._path, self._bytes_max = path, bytes_max
        self._file = path.open("ab")
        self._tail = b""

    def write(self, chunk: bytes) -> None:
        """Add to the file, turning it over when it is full."""
        if self._file.tell() + len(chunk) > self._bytes_max:
            self._file.close()
            self._path.replace(self._path.with_name(f"{self._path.name}.1"))
            self._file = self._path.open("ab")
        self._file.write(chunk)
        self._file.flush()
        self._tail = (self._tail + chunk)[-TAIL_BYTES_MAX:]

    def forget(self) -> None:
        """Forget the last words: a new process begins."""
        self._tail = b""

    @property
    def last_line(self) -> str:
        """The last line that is not empty."""
        lines = [line for line in self._tail.decode("utf-8", errors="replace").splitlines() if line.strip()]
        return lines[-1].strip() if lines else ""

    def close(self) -> None:
        self._file.close()
