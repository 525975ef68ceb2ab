"""Finds the tests of a module and runs them."""

import asyncio
import inspect
import itertools
import unittest

from runner import raised, shim
from runner.fixtures import Fixtures


class Recorder:
    """Keeps each test's result in the order they ran."""

    def __init__(self, output, conftests):
        self.output = output
        self.conftests = conftests
        self.results = []

    def passed(self, name, path):
        self.results.append(({"name": name, "file": path, "outcome": "passed"}, None))

    def skipped(self, name, path, reason):
        result = {"name": name, "file": path, "outcome": "skipped"}
        if reason:
            result["message"] = str(reason)[: raised.MESSAGE_CHARACTERS]
        self.results.append((result, None))

    def raised(self, name, path, error):
        """An error of a test; asking not to be run is one too."""
        if isinstance(error, unittest.SkipTest):
            self.skipped(name, path, str(error))
            return
        outcome = "failed" if isinstance(error, AssertionError) else "errored"
        result = {"name": name, "file": path, "outcome": outcome, "message": raised.message(error)}
        at = raised.innermost(error, {path})
        if at is not None:
            result["line"] = at[1]
        self.results.append((result, error))


def run(module, path, recorder):
    """Runs every test of a module that was imported from `path`."""
    for name, value in list(vars(module).items()):
        if getattr(value, "__module__", module.__name__) != module.__name__:
            continue
        if isinstance(value, type):
            if issubclass(value, unittest.TestCase):
                _run_case(value, path, recorder)
            elif name.startswith("Test") and value.__init__ is object.__init__:
                _run_class(module, value, path, recorder)
        elif name.startswith("test") and inspect.isfunction(value):
            _run_function(module, None, value, name, path, recorder)


class _Result(unittest.TestResult):
    def __init__(self, path, recorder):
        super().__init__()
        self._path = path
        self._recorder = recorder
        self._has_failed_parts = set()

    def addSuccess(self, test):
        if test.id() not in self._has_failed_parts:
            self._recorder.passed(_case_name(test), self._path)

    def addFailure(self, test, err):
        self._recorder.raised(_case_name(test), self._path, err[1])

    addError = addFailure

    def addSkip(self, test, reason):
        self._recorder.skipped(_case_name(test), self._path, reason)

    def addExpectedFailure(self, test, err):
        self._recorder.passed(_case_name(test), self._path)

    def addUnexpectedSuccess(self, test):
        self._recorder.raised(_case_name(test), self._path, AssertionError("it was expected to fail and did not"))

    def addSubTest(self, test, subtest, err):
        if err is not None:
            self._has_failed_parts.add(test.id())
            name = f"{_case_name(test)} {subtest._subDescription()}"
            self._recorder.raised(name, self._path, err[1])


def _case_name(test):
    if isinstance(test, unittest.TestCase):
        return f"{type(test).__qualname__}::{test._testMethodName}"
    return test.id()


def _run_case(case, path, recorder):
    suite = unittest.defaultTestLoader.loadTestsFromTestCase(case)
    try:
        suite.run(_Result(path, recorder))
    except BaseException as error:
        recorder.raised(case.__qualname__, path, error)


def _run_class(module, group, path, recorder):
    names = [name for parent in reversed(group.__mro__) for name in vars(parent) if name.startswith("test")]
    names = list(dict.fromkeys(names))
    if not names:
        return
    try:
        _call(group, "setup_class")
    except BaseException as error:
        recorder.raised(f"{group.__name__}::setup_class", path, error)
        return
    for name in names:
        function = inspect.getattr_static(group, name)
        if inspect.isfunction(function):
            _run_function(module, group, function, f"{group.__name__}::{name}", path, recorder)
    try:
        _call(group, "teardown_class")
    except BaseException as error:
        recorder.raised(f"{group.__name__}::teardown_class", path, error)


def _run_function(module, group, function, name, path, recorder):
    marks = shim.own_marks(function) + (shim.own_marks(group) if group else []) + shim.own_marks(module)
    try:
        sets = list(_parameter_sets(marks))
    except Exception as error:
        recorder.raised(name, path, error)
        return
    for label, values, own in sets:
        _run_once(module, group, function, f"{name}{label}", values, own + marks, path, recorder)


def _run_once(module, group, function, name, values, marks, path, recorder):
    for mark in marks:
        if mark.name == "skip" or (mark.name == "skipif" and mark.args and mark.args[0]):
            recorder.skipped(
                name, path, mark.kwargs.get("reason") or next(iter(mark.args[mark.name == "skipif" :]), "")
            )
            return
    expected = next((mark for mark in marks if mark.name == "xfail"), None)
    error = _attempt(module, group, function, values, recorder)
    if expected is not None and error is not None and not isinstance(error, unittest.SkipTest):
        recorder.skipped(name, path, expected.kwargs.get("reason") or "it is expected to fail")
    elif expected is not None and error is None and expected.kwargs.get("strict"):
        recorder.raised(name, path, AssertionError("it was expected to fail and did not"))
    elif error is not None:
        recorder.raised(name, path, error)
    else:
        recorder.passed(name, path)


def _attempt(module, group, function, values, recorder):
    """Runs one test with what goes before and after it; gives the first error."""
    scopes = (*recorder.conftests, module, *([group] if group else []))
    first = None
    fixtures = Fixtures(scopes, recorder.output)
    try:
        instance = group() if group else None
        owner = module if group is None else instance
        before, after = (
            ("setup_function", "teardown_function") if group is None else ("setup_method", "teardown_method")
        )
        _call(owner, before, function)
        try:
            bound = function if instance is None else function.__get__(instance)
            result = bound(**fixtures.values(bound, instance, values))
            if inspect.iscoroutine(result):
                asyncio.run(result)
        except BaseException as error:
            first = error
        _call(owner, after, function)
    except BaseException as error:
        first = first or error
    try:
        fixtures.finish()
    except BaseException as error:
        first = first or error
    return first


def _call(owner, name, argument=None):
    function = getattr(owner, name, None)
    if function is not None:
        takes = len(inspect.signature(function).parameters)
        function(*([argument] if takes else []))


def _parameter_sets(marks):
    """Label, values and marks of each run; one without any when the test is not parametrised."""
    axes = [list(_axis(*mark.args, **mark.kwargs)) for mark in marks if mark.name == "parametrize"]
    for chosen in itertools.product(*reversed(axes)):
        label = "-".join(part[0] for part in chosen)
        values = {name: value for part in chosen for name, value in part[1].items()}
        yield (f"[{label}]" if chosen else ""), values, [mark for part in chosen for mark in part[2]]


def _axis(argnames, argvalues, ids=None, **_):
    names = [name.strip() for name in argnames.split(",")] if isinstance(argnames, str) else list(argnames)
    for index, given in enumerate(argvalues):
        param = given if isinstance(given, shim.Param) else None
        values = param.values if param else (tuple(given) if len(names) > 1 else (given,))
        if len(values) != len(names):
            raise TypeError(f"parametrize names {len(names)} arguments and gives {len(values)} values")
        label = "-".join(_label(name, value, index) for name, value in zip(names, values, strict=True))
        if param and param.id:
            label = param.id
        elif callable(ids):
            label = "-".join(str(ids(value)) for value in values)
        elif ids is not None:
            label = str(list(ids)[index])
        marks = [getattr(mark, "mark", None) or mark._mark for mark in param.marks] if param else []
        yield label, dict(zip(names, values, strict=True)), marks


def _label(name, value, index):
    if isinstance(value, (str, int, float, bool, type(None))):
        return str(value)[:60]
    return f"{name}{index}"
