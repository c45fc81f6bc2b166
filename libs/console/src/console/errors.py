"""What a command says when it cannot do what was asked: one clear line and an exit code, never a traceback."""

EXIT_FAILED = 1
EXIT_USAGE = 2
EXIT_UNREACHABLE = 3


class ConsoleError(Exception):
    """Something that the operator should read as one line."""

    def __init__(self, message: str, exit_code: int = EXIT_FAILED) -> None:
        super().__init__(message)
        self.exit_code = exit_code
