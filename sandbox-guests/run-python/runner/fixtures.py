"""Values that tests ask for by the names of their arguments."""

import inspect
import os
import sys
from types import SimpleNamespace

from runner import shim


class Unknown(Exception):
    """A test asks for a fixture that is not there."""


class Fixtures:
    """The fixtures that one test can ask for, and what must be undone after it."""

    def __init__(self, scopes, output):
        self._found = {}
        for scope in scopes:
            for value in list(vars(scope).values()):
                if isinstance(value, shim.Fixture):
                    self._found[value.name] = value
        self._output = output
        self._made = {}
        self._undo = []

    def values(self, function, instance, given):
        """The arguments of a test, and those of fixtures that are always used."""
        for name, fixture in self._found.items():
            if fixture.autouse:
                self._value(name, instance)
        wanted = [name for name in _parameters(function) if name not in given]
        return given | {name: self._value(name, instance) for name in wanted}

    def finish(self):
        """Undoes what was made, the last first; the first error is raised when all is done."""
        first = None
        while self._undo:
            try:
                self._undo.pop()()
            except Exception as error:
                first = first or error
        if first is not None:
            raise first

    def _value(self, name, instance):
        if name not in self._made:
            self._made[name] = self._make(name, instance)
        return self._made[name]

    def _make(self, name, instance):
        fixture = self._found.get(name)
        if fixture is None:
            return self._built_in(name)
        if fixture.params is not None:
            raise Unknown(f"the fixture `{name}` has params, which are not run here; use mark.parametrize")
        arguments = {}
        for wanted in _parameters(fixture.function):
            if wanted == "self":
                arguments[wanted] = instance
            elif wanted == "request":
                arguments[wanted] = SimpleNamespace(instance=instance)
            else:
                arguments[wanted] = self._value(wanted, instance)
        made = fixture.function(**arguments)
        if inspect.isgenerator(made):
            value = next(made)
            self._undo.append(lambda: next(made, None))
            return value
        return made

    def _built_in(self, name):
        if name == "monkeypatch":
            patch = _MonkeyPatch()
            self._undo.append(patch.undo)
            return patch
        if name == "capsys":
            return _Capsys(self._output)
        raise Unknown(f"there is no fixture `{name}` here; there are those of the test's file, conftest.py, monkeypatch"
                      " and capsys")  # fmt: skip


_MISSING = object()


class _MonkeyPatch:
    def __init__(self):
        self._undo = []

    def setattr(self, target, name, value=_MISSING, raising=True):
        if value is _MISSING:
            path, _, attribute = target.rpartition(".")
            target, name, value = __import__(path, fromlist=["*"]), attribute, name
        old = getattr(target, name, _MISSING)
        if old is _MISSING and raising:
            raise AttributeError(f"{target!r} has no attribute {name!r}")
        self._undo.append(lambda: delattr(target, name) if old is _MISSING else setattr(target, name, old))
        setattr(target, name, value)

    def delattr(self, target, name, raising=True):
        if hasattr(target, name) or raising:
            old = getattr(target, name)
            self._undo.append(lambda: setattr(target, name, old))
            delattr(target, name)

    def setitem(self, mapping, key, value):
        self._restore(mapping, key)
        mapping[key] = value

    def delitem(self, mapping, key, raising=True):
        if key in mapping or raising:
            self._restore(mapping, key)
            del mapping[key]

    def setenv(self, name, value, prepend=None):
        self.setitem(os.environ, name, str(value))

    def delenv(self, name, raising=True):
        self.delitem(os.environ, name, raising)

    def syspath_prepend(self, path):
        sys.path.insert(0, path)
        self._undo.append(lambda: sys.path.remove(path))

    def undo(self):
        while self._undo:
            self._undo.pop()()

    def _restore(self, mapping, key):
        old = mapping.get(key, _MISSING)
        self._undo.append(lambda: mapping.pop(key, None) if old is _MISSING else mapping.__setitem__(key, old))


class _Capsys:
    """What was written since it was last asked; standard error is not told apart from standard output."""

    def __init__(self, output):
        self._output = output
        self._seen = len(output.text())

    def readouterr(self):
        text = self._output.text()
        new, self._seen = text[self._seen :], len(text)
        return _Captured(new, "")


class _Captured(tuple):
    def __new__(cls, out, err):
        return super().__new__(cls, (out, err))

    out = property(lambda self: self[0])
    err = property(lambda self: self[1])


def _parameters(function):
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    return [
        parameter.name
        for parameter in inspect.signature(function).parameters.values()
        if parameter.kind in kinds and parameter.default is inspect.Parameter.empty
    ]
