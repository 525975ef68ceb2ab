import re

PATTERN = re.compile(r"(?P<key>\w+)\s*=\s*(?P<value>.+)")


def parse(command):
    match command.split():
        case ["go", ("north" | "south") as direction]:
            return ("go", direction)
        case ["drop", *objects] if objects:
            return ("drop", objects)
        case {"key": value, **rest}:
            return value, rest
        case _:
            return None


def settings(text: str) -> dict[str, str]:
    found = {}
    for line in text.splitlines():
        if m := PATTERN.match(line):
            found[m["key"]] = m["value"]
    return found
