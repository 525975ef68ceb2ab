"""Judges Python, JSON, TOML and YAML: a path a line, `good` or `bad`."""

import json
import sys
import tomllib


def yaml(text):
    from yaml import CSafeLoader, parse

    for _ in parse(text, CSafeLoader):
        pass


read = {
    "python": lambda text: compile(text, "file", "exec", dont_inherit=True),
    "json": json.loads,
    "toml": tomllib.loads,
    "yaml": yaml,
}[sys.argv[1]]
for line in sys.stdin:
    try:
        with open(line.rstrip("\n"), encoding="utf-8", newline="") as file:
            read(file.read())
        print("good", flush=True)
    except Exception:
        print("bad", flush=True)
