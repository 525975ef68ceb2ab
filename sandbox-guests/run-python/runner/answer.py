"""From the input's bytes to the report's bytes."""

import json
import platform

from runner import run, syntax

ABI = 1
BY = f"CPython {platform.python_version()}"
# Taken before any code runs, which may change them.
_dumps = json.dumps
_loads = json.loads


class Refused(Exception):
    """The input is not for this guest; the run fails and nothing is said about the code."""


def to(text):
    """The report on an input, both as JSON in UTF-8."""
    given = _loads(text)
    if given.get("abi") != ABI:
        raise Refused(f"the input is of ABI {given.get('abi')}, this guest is of ABI {ABI}")
    code = given.get("subject", {}).get("code")
    if code is None:
        raise Refused("this guest takes code")
    if code["language"] != "python":
        raise Refused(f"this guest does not take `{code['language']}`")
    files = code["files"] + code.get("tests", [])
    data = {
        "by": BY,
        "exact": True,
        "files": len(files),
        "lines": sum(len(file["text"].splitlines()) for file in files),
    }
    if code["analysis"] == "syntax":
        findings = [finding for file in files for finding in syntax.check(file)]
    elif code["analysis"] == "run":
        findings, data["run"] = run.everything(code)
    else:
        raise Refused(f"this guest does not do `{code['analysis']}`")
    report = {"abi": ABI, "findings": findings, "data": data}
    return _dumps(report, ensure_ascii=True, separators=(",", ":")).encode()
