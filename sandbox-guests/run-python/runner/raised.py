"""What an error says, and where it happened."""

import re

MESSAGE_CHARACTERS = 2000
SENTENCE_CHARACTERS = 300
_ADDRESS = re.compile(r"\b0x[0-9a-f]{4,}\b")


def message(error):
    """The error's kind and words."""
    try:
        said = str(error)
    except Exception as other:
        said = f"(its text raises {type(other).__name__})"
    said = _ADDRESS.sub("0x…", said).strip()[:MESSAGE_CHARACTERS]
    kind = type(error).__name__
    if isinstance(error, (RecursionError, MemoryError)):
        return f"{kind}: {said or 'out of memory'} (Python's own limit, not the sandbox's)"
    if isinstance(error, AssertionError):
        return said or "an assertion does not hold"
    return f"{kind}: {said}" if said else kind


def sentence(error):
    """The same on one line, for a finding."""
    line = message(error).partition("\n")[0]
    return line if len(line) <= SENTENCE_CHARACTERS else f"{line[:SENTENCE_CHARACTERS]}…"


def frames(error):
    """File, line, and first and last column in bytes (or None) of each call, the outermost first."""
    places = []
    trace = error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        columns = (None, None)
        for index, position in enumerate(code.co_positions()):
            if index == trace.tb_lasti // 2:
                line, end_line, first, last = position
                if line == end_line and line == trace.tb_lineno:
                    columns = (first, last)
                break
        places.append((code.co_filename, trace.tb_lineno, *columns))
        trace = trace.tb_next
    return places


def innermost(error, paths):
    """The innermost call that stands in one of these files, or None."""
    inside = [frame for frame in frames(error) if frame[0] in paths]
    return inside[-1] if inside else None
