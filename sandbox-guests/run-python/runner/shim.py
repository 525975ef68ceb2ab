"""A module that answers to the name `pytest`, with the part of it that tests commonly use."""

import functools
import math
import re
import types
import unittest
from collections.abc import Mapping, Sequence


class Failed(AssertionError):
    """Raised by `fail`."""


class Skipped(unittest.SkipTest):
    """Raised by `skip`."""


class Raises:
    """Holds the error that a block had to raise."""

    def __init__(self, expected, match=None):
        self._expected = expected
        self._match = match
        self.value = None
        self.type = None

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        __tracebackhide__ = True
        if error is None:
            raise Failed(f"{_names(self._expected)} was not raised")
        if not isinstance(error, self._expected):
            return False
        self.value, self.type = error, kind
        if self._match is not None:
            self.match(self._match)
        return True

    def match(self, pattern):
        """Fails unless the error's text holds the pattern."""
        if not re.search(pattern, str(self.value)):
            raise Failed(f"the error says {str(self.value)!r}, which does not match {pattern!r}")
        return True


def raises(expected, *args, match=None, **kwargs):
    context = Raises(expected, match)
    if not args:
        return context
    with context:
        args[0](*args[1:], **kwargs)
    return context


class Approx:
    """Equal to what is within a tolerance."""

    def __init__(self, expected, rel=None, abs=None, nan_ok=False):
        self._expected, self._rel, self._abs, self._nan_ok = expected, rel, abs, nan_ok

    def __eq__(self, actual):
        return self._equal(actual, self._expected)

    def __repr__(self):
        return f"approx({self._expected!r})"

    __hash__ = None

    def _equal(self, actual, expected):
        if isinstance(expected, Mapping):
            return actual.keys() == expected.keys() and all(self._equal(actual[k], expected[k]) for k in expected)
        if isinstance(expected, Sequence) and not isinstance(expected, str):
            return len(actual) == len(expected) and all(map(self._equal, actual, expected, strict=True))
        if actual == expected:
            return True
        try:
            if math.isnan(expected):
                return self._nan_ok and math.isnan(actual)
            if math.isinf(expected) or math.isinf(actual):
                return False
            relative = 1e-6 if self._rel is None and self._abs is None else self._rel or 0
            return abs(actual - expected) <= max(relative * abs(expected), 1e-12 if self._abs is None else self._abs)
        except TypeError:
            return False


def fail(reason="", pytrace=True):
    raise Failed(reason or "fail() was called")


def skip(reason="", allow_module_level=False):
    raise Skipped(reason)


def importorskip(name, minversion=None, reason=None):
    try:
        return __import__(name, fromlist=["*"])
    except ImportError:
        raise Skipped(reason or f"could not import {name!r}") from None


class Mark:
    """One mark of a test."""

    def __init__(self, name, args, kwargs):
        self.name, self.args, self.kwargs = name, args, kwargs


class _Marker:
    def __init__(self, name, args=(), kwargs=types.MappingProxyType({})):
        self._mark = Mark(name, args, kwargs)

    def __call__(self, *args, **kwargs):
        if len(args) == 1 and not kwargs and callable(args[0]) and self._mark.name != "parametrize":
            args[0].pytestmark = [self._mark, *own_marks(args[0])]
            return args[0]
        return _Applied(Mark(self._mark.name, args, kwargs))


class _Applied:
    def __init__(self, mark):
        self.mark = mark

    def __call__(self, test):
        test.pytestmark = [self.mark, *own_marks(test)]
        return test


class _Marks:
    def __getattr__(self, name):
        return _Marker(name)


class Param:
    """One set of values with a name or marks of its own."""

    def __init__(self, *values, id=None, marks=()):
        self.values, self.id = values, id
        self.marks = marks if isinstance(marks, (list, tuple)) else [marks]


class Fixture:
    """A function that makes a value for tests that ask for it by name."""

    def __init__(self, function, name, autouse, params):
        self.function, self.autouse, self.params = function, autouse, params
        self.name = name or function.__name__
        functools.update_wrapper(self, function)

    def __call__(self, *args, **kwargs):
        raise Failed(f"the fixture {self.name!r} is called directly; ask for it by an argument")


def fixture(function=None, *, scope="function", params=None, autouse=False, ids=None, name=None):
    if function is None:
        return lambda function: Fixture(function, name, autouse, params)
    return Fixture(function, name, autouse, params)


def own_marks(test):
    """The marks of a test, or of what its module or class says for all of them."""
    marks = getattr(test, "pytestmark", [])
    marks = marks if isinstance(marks, (list, tuple)) else [marks]
    return [mark if isinstance(mark, Mark) else getattr(mark, "mark", None) or mark._mark for mark in marks]


def module():
    """The module."""
    made = types.ModuleType("pytest", "The part of pytest that this guest offers.")
    offered = {"raises": raises, "fail": fail, "skip": skip, "importorskip": importorskip, "fixture": fixture}
    vars(made).update(offered, approx=Approx, param=Param, mark=_Marks())
    fail.Exception, skip.Exception = Failed, Skipped
    made.ExceptionInfo = Raises
    return made


def _names(expected):
    kinds = expected if isinstance(expected, tuple) else (expected,)
    return " or ".join(kind.__name__ for kind in kinds)
