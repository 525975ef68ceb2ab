"""Imports the given files from memory."""

import importlib.machinery
import linecache
import sys
import types

from runner import asserting

# Modules that Python itself has loaded before any script starts: a file of the same name does not replace them.
_LOADED_FIRST = frozenset(
    "abc builtins codecs encodings errno genericpath io marshal os posix posixpath site stat sys time zipimport".split()
)


class Importer:
    """Finds modules among files by their paths, below each of the roots in order."""

    def __init__(self, files, rewritten=()):
        self.texts = {file["path"]: file["text"] for file in files}
        self._rewritten = frozenset(rewritten)
        self._roots = ["", "src/"]

    def add_root(self, folder):
        """Makes the files of a folder importable without the folder's name."""
        root = f"{folder}/" if folder else ""
        if root not in self._roots:
            self._roots.append(root)

    def install(self):
        """Takes the first place among the finders, as a script's own folder has it."""
        sys.meta_path.insert(0, self)
        for name in list(sys.modules):
            top = name.partition(".")[0]
            if top not in _LOADED_FIRST and not top.startswith("_") and self._path(top):
                del sys.modules[name]
        for path, text in self.texts.items():
            lines = [f"{line}\n" for line in text.splitlines()]
            linecache.cache[path] = (len(text), None, lines, path)

    def find_spec(self, name, path=None, target=None):
        found = self._path(name)
        if found is None:
            return None
        if found.endswith("/"):
            spec = importlib.machinery.ModuleSpec(name, self, is_package=True)
        else:
            spec = importlib.machinery.ModuleSpec(name, self, origin=found, is_package=found.endswith("/__init__.py"))
            spec.has_location = True
        if spec.submodule_search_locations is not None:
            spec.submodule_search_locations.append(found.removesuffix("__init__.py").rstrip("/"))
        return spec

    def create_module(self, spec):
        return None

    def exec_module(self, module):
        path = module.__spec__.origin
        if path is not None:
            exec(self.code(path), module.__dict__)

    def get_source(self, name):
        found = self._path(name)
        return None if found is None else self.texts.get(found)

    def is_package(self, name):
        found = self._path(name) or ""
        return found.endswith(("/", "/__init__.py"))

    def code(self, path):
        """The compiled file; the code of tests tells what it compared."""
        text = self.texts[path].removeprefix("\ufeff")
        if path in self._rewritten:
            return asserting.compiled(text, path)
        return compile(text, path, "exec", dont_inherit=True)

    def module_name(self, path):
        """The name to import a file by: its path with dots, where that is one."""
        parts = path.removesuffix(".py").removesuffix("/__init__").split("/")
        if path.endswith(".py") and all(part.isidentifier() for part in parts):
            for root in self._roots[1:]:
                if path.startswith(root):
                    return ".".join(path.removeprefix(root).removesuffix(".py").split("/"))
            return ".".join(parts)
        return None

    def load(self, path):
        """Imports a file, by its name where it has one."""
        name = self.module_name(path)
        if name is not None and self._path(name) == path:
            __import__(name)
            return sys.modules[name]
        name = "".join(c if c.isalnum() else "_" for c in path)
        module = types.ModuleType(name)
        module.__file__ = path
        sys.modules[name] = module
        exec(self.code(path), module.__dict__)
        return module

    def _path(self, name):
        """The file of a module, or its folder, with a slash, for a package without a file."""
        below = name.replace(".", "/")
        for root in self._roots:
            for path in (f"{root}{below}/__init__.py", f"{root}{below}.py"):
                if path in self.texts:
                    return path
        for root in self._roots:
            folder = f"{root}{below}/"
            if any(path.startswith(folder) and path.endswith(".py") for path in self.texts):
                return folder
        return None
