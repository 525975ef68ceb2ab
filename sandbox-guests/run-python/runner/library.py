"""Python's own library, imported while the guest is built."""

import importlib
import pkgutil
import sys

# What asks for a display, a terminal, processes or a network before it can be imported, and what is there to test or
# to build Python itself.
LEFT_OUT = frozenset(
    "antigravity ctypes curses ensurepip idlelib lib2to3 msilib multiprocessing pip pydoc_data readline rlcompleter"
    " test this tkinter turtle turtledemo venv winreg winsound zipapp _pyrepl".split()
)
# Packages whose modules are imported by name at run time.
WHOLE = ("asyncio", "collections", "concurrent", "email", "encodings", "html", "importlib", "json", "logging",
         "unittest", "urllib", "xml", "zoneinfo")  # fmt: skip


def load():
    """Imports what can be imported; what cannot, such as modules in C that this build lacks, stays out."""
    for name in sorted(sys.stdlib_module_names - LEFT_OUT):
        _load_one(name)
    for package in WHOLE:
        folder = getattr(sys.modules.get(package), "__path__", ())
        for module in pkgutil.walk_packages(folder, f"{package}."):
            if not module.name.endswith("__main__"):
                _load_one(module.name)


def _load_one(name):
    try:
        importlib.import_module(name)
    except Exception:
        # A module that was imported by half must not be found at run time.
        sys.modules.pop(name, None)
