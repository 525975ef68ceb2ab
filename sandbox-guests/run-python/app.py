"""The guest's entry: one JSON document on standard input, one JSON report on standard output.

`componentize-py` imports this module while it builds and keeps the interpreter as it then is. So everything that is
imported here is there when the guest starts, and nothing else can be imported from Python's own library.
"""

import gc
import sys

from wit_world import exports
from wit_world.imports import stdout

from runner import answer, library

library.load()
# What is there now stays there: looking through all of it for garbage was most of the cost of a run.
gc.collect()
gc.freeze()

WRITE_BYTES = 4096


class Run(exports.Run):
    """What the host calls."""

    def run(self):
        text = sys.stdin.buffer.read()
        out = stdout.get_stdout()
        report = answer.to(text)
        for start in range(0, len(report), WRITE_BYTES):
            out.blocking_write_and_flush(report[start : start + WRITE_BYTES])
