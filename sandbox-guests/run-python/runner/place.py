"""Findings and the places that they point to."""

import bisect
import re

_LINE_END = re.compile(r"\r\n|\r|\n")


class Text:
    """A file's text, for turning Python's lines and columns into spans."""

    def __init__(self, path, text):
        self.path = path
        self.text = text
        # The compiler takes no byte order mark, which it strips itself when it reads a file.
        self.code = text.removeprefix("\ufeff")
        self._mark = len(text) - len(self.code)
        self._lines = _LINE_END.split(text)
        self._starts = [0] + [end.end() for end in _LINE_END.finditer(text)]

    def span(self, line, column, end_line=None, end_column=None):
        """The span of a range of the code; lines and columns count from 1. Positions outside are moved inside."""
        start = self._index(line, column)
        end = start if end_line is None else max(start, self._index(end_line, end_column))
        line = bisect.bisect_right(self._starts, start)
        return {
            "line": line,
            "column": start - self._starts[line - 1] + 1,
            "offset": _bytes(self.text[:start]),
            "length": _bytes(self.text[start:end]),
        }

    def at(self, index):
        """The span between two characters of the text."""
        line = bisect.bisect_right(self._starts, index)
        return self.span(line, index - self._starts[line - 1] + 1)

    def characters(self, line, byte_column):
        """The column, from 1, of a byte of a line, counted from 0."""
        if not 1 <= line <= len(self._lines):
            return 1
        head = self._lines[line - 1].encode("utf-8", "surrogatepass")[:byte_column]
        return len(head.decode("utf-8", "replace")) + 1

    def whole_line(self, line):
        """The span of a line without the white space around it."""
        if not 1 <= line <= len(self._lines):
            return self.span(line, 1)
        text = self._lines[line - 1]
        first = len(text) - len(text.lstrip()) + 1
        return self.span(line, first, line, len(text.rstrip()) + 1)

    def _index(self, line, column):
        if line < 1:
            return 0
        if line > len(self._lines):
            return len(self.text)
        column = max(column, 1) + (self._mark if line == 1 else 0)
        return self._starts[line - 1] + min(column - 1, len(self._lines[line - 1]))


def finding(severity, code, message, path=None, span=None, help=None):
    """A finding as the report holds it."""
    place = {}
    if path is not None:
        place["file"] = path
    if span is not None:
        place["span"] = span
    found = {"severity": severity, "code": code, "message": message, "place": place}
    if help is not None:
        found["help"] = help
    return found


def _bytes(text):
    return len(text.encode("utf-8", "surrogatepass"))
