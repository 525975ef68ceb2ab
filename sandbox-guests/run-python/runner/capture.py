"""What the code writes, kept apart from the report."""

import io
import os
import sys

OUTPUT_BYTES = 64 << 10
# The largest recursion limit that code may set: deeper calls would meet the sandbox's limit before Python's.
DEEPEST = 10_000


class Output(io.TextIOBase):
    """Standard output and standard error of the code, as one text that is cut at OUTPUT_BYTES."""

    encoding = "utf-8"
    errors = "backslashreplace"

    def __init__(self):
        self._kept = bytearray()
        self.truncated = False
        self.buffer = _Raw(self)

    def writable(self):
        return True

    def write(self, text):
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        self.take(text.encode("utf-8", "backslashreplace"))
        return len(text)

    def take(self, data):
        room = OUTPUT_BYTES - len(self._kept)
        self._kept += data[:room]
        self.truncated = self.truncated or len(data) > room

    def text(self):
        """All that was kept. A character that the cut went through is left out."""
        return self._kept.decode("utf-8", "ignore" if self.truncated else "replace")


class _Raw(io.RawIOBase):
    def __init__(self, output):
        self._output = output

    def writable(self):
        return True

    def write(self, data):
        self._output.take(bytes(data))
        return len(data)


def start(output):
    """Turns all that the code can write to over to `output`, and takes from it what would end the guest."""
    sys.stdin = sys.__stdin__ = io.StringIO()
    sys.stdout = sys.__stdout__ = sys.stderr = sys.__stderr__ = output
    # The report does not go through these; with them closed the code cannot write anything beside it.
    for descriptor in (0, 1, 2):
        try:
            os.close(descriptor)
        except OSError:
            continue
    system = sys.modules["posix"]
    native_write = os.write

    def write(descriptor, data):
        if descriptor in (1, 2):
            output.take(bytes(data))
            return len(data)
        return native_write(descriptor, data)

    def leave(status=0):
        raise SystemExit(status)

    native_limit = sys.setrecursionlimit

    def limit(depth):
        native_limit(min(depth, DEEPEST))

    sys.setrecursionlimit = limit
    for module in (os, system):
        module.write = write
        module._exit = leave
        module.abort = lambda: leave("abort() was called")
