"""Is a text Python? The compiler's own answer."""

import re
import warnings

from runner.place import Text, finding

SYNTAX_ERROR = "C0101"
TOO_LARGE = "C0104"
# Python's words name the line of another place, which the same fault in another version has elsewhere.
_LINE = re.compile(r" (?:on|at) line \d+|\(<?[^()]*>?, line \d+\)")


def check(file):
    """The findings of one file, in the order of their places."""
    text = Text(file["path"], file["text"])
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        errors = _compile(text)
    found = errors + [
        finding("warning", SYNTAX_ERROR, _plain(str(warning.message)), text.path, text.whole_line(warning.lineno))
        for warning in caught
        if issubclass(warning.category, (SyntaxWarning, DeprecationWarning))
    ]
    return sorted(found, key=lambda one: one["place"].get("span", {}).get("offset", 0))


def of_error(error, text):
    """The finding for a SyntaxError that the compiler raised for this text."""
    span = None
    if error.lineno is None and "\0" in text.text:
        span = text.at(text.text.index("\0"))
    elif error.lineno is not None:
        # The compiler gives offset 0 or -1 for a whole line and for the end of the text.
        ends = error.end_lineno is not None and error.end_lineno > 0 and (error.end_offset or 0) > 0
        end = (error.end_lineno, error.end_offset) if ends else ()
        span = text.span(error.lineno, error.offset or 1, *end)
    kind = "" if type(error) is SyntaxError else f"{type(error).__name__}: "
    return finding("error", SYNTAX_ERROR, kind + _plain(error.msg or "invalid syntax"), text.path, span)


def _compile(text):
    try:
        compile(text.code, text.path, "exec", dont_inherit=True)
    except SyntaxError as error:
        return [of_error(error, text)]
    except (RecursionError, MemoryError) as error:
        said = f"Python's own compiler gives up on it: {error}" if str(error) else "it is too large for the compiler"
        return [finding("error", TOO_LARGE, said, text.path)]
    except ValueError as error:
        # Half a surrogate pair, which no encoding holds.
        return [finding("error", SYNTAX_ERROR, str(error), text.path)]
    return []


def _plain(message):
    return _LINE.sub("", message)
