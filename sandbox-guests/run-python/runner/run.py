"""Runs the files and their tests."""

import builtins
import random
import sys
import types
import unittest

from runner import asserting, capture, collect, loop, raised, shim, syntax
from runner.importer import Importer
from runner.place import Text, finding

RAISED = "C0301"
TEST_FAILED = "C0302"
NO_TESTS = "C0303"


def everything(code):
    """The findings on the code, and what happened when it was run."""
    given = code["files"] + code.get("tests", [])
    texts = {file["path"]: Text(file["path"], file["text"]) for file in given}
    findings = [one for file in given for one in syntax.check(file) if one["severity"] == "error"]
    broken = {one["place"]["file"] for one in findings}
    tests = [file["path"] for file in code.get("tests", [])]
    to_load = tests or [file["path"] for file in code["files"]]

    importer = Importer(given, rewritten={path for path in texts if path in tests or _is_test(path)})
    for path in tests:
        importer.add_root(path.rpartition("/")[0])
    output = capture.Output()
    _prepare(code, importer, output)
    conftests = []
    recorder = collect.Recorder(output, conftests)
    for path in sorted(to_load, key=lambda path: not path.endswith("conftest.py")):
        if path in broken:
            continue
        try:
            module = importer.load(path)
        except unittest.SkipTest as skipped:
            recorder.skipped(path, path, str(skipped))
            continue
        except BaseException as error:
            if not (isinstance(error, SyntaxError) and error.filename in broken):
                findings.append(_raised(error, path, texts, wanted=path in tests))
            continue
        if path.endswith("conftest.py"):
            conftests.append(module)
        elif path in tests or _is_test(path):
            collect.run(module, path, recorder)
    findings += [_failed(result, error, texts) for result, error in recorder.results if error is not None]
    if not any(result["outcome"] != "skipped" for result, _ in recorder.results):
        findings.append(_no_tests(bool(tests), bool(recorder.results)))
    run = {"tests": [result for result, _ in recorder.results]}
    if output.text():
        run["output"] = output.text()
    if output.truncated:
        run["output_truncated"] = True
    return findings, run


def _prepare(code, importer, output):
    """Makes the interpreter what the code expects, and hides what is the runner's."""
    genesis = types.ModuleType("genesis", "What the tests are about: the files, and the answers they come from.")
    everything = code["files"] + code.get("tests", []) + code.get("texts", [])
    genesis.files = {file["path"]: file["text"] for file in everything}
    genesis.answers = code.get("answers", {})
    setattr(builtins, asserting.HELPER, asserting.explain)
    loop.install()
    capture.start(output)
    # Seeded while the guest was built; from here on by the run's own randomness.
    random.seed()
    sys.argv = [""]
    sys.path[:] = []
    sys.path_importer_cache.clear()
    for name in list(sys.modules):
        if name.partition(".")[0] in {"app", "componentize_py_runtime", "componentize_py_types", "runner", "wit_world"}:
            # The one that is built in could be imported anew, so its name is taken for good.
            sys.modules[name] = None
    importer.install()
    for name, module in (("genesis", genesis), ("pytest", shim.module())):
        if importer.find_spec(name) is None:
            sys.modules[name] = module


def _is_test(path):
    name = path.rpartition("/")[2]
    return name.endswith(".py") and (name.startswith("test_") or name.endswith("_test.py"))


def _raised(error, path, texts, wanted):
    """The finding for a file that could not be imported. `wanted` when tests were to come from it."""
    if isinstance(error, ModuleNotFoundError) and error.name:
        known = error.name.partition(".")[0] in sys.stdlib_module_names
        why = "this build of Python lacks it" if known else "only the given files and Python's own library are here"
        said = f"`{error.name}` cannot be imported: {why}"
        # Code that needs what is not here may well be right: it was not run, that is all.
        severity = "error" if wanted else "warning"
    else:
        said = f"the code raised {raised.sentence(error)}"
        severity = "error"
    file, span = _place(error, path, texts)
    return finding(severity, RAISED, said, file, span)


def _failed(result, error, texts):
    verb = "failed" if result["outcome"] == "failed" else "raised an error"
    said = f"test `{result['name']}` {verb}: {raised.sentence(error)}"
    at = raised.innermost(error, {result["file"]})
    span = _span(texts[result["file"]], at) if at else None
    return finding("error", TEST_FAILED, said, result["file"], span)


def _no_tests(asked, skipped):
    if skipped:
        said = "every test asked not to be run"
    elif asked:
        said = "the test files hold no test that was run"
    else:
        said = "there is no test"
    help = "write functions `test_…`, classes `Test…` or unittest.TestCase" if asked and not skipped else None
    return finding("error" if asked else "note", NO_TESTS, said, help=help)


def _place(error, path, texts):
    at = raised.innermost(error, texts.keys())
    return (path, None) if at is None else (at[0], _span(texts[at[0]], at))


def _span(text, at):
    _, line, first, last = at
    if first is None or last is None:
        return text.whole_line(line)
    return text.span(line, text.characters(line, first), line, text.characters(line, last))
