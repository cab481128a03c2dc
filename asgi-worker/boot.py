"""Loads the package that lies beside this file, and nothing else from here.

The interpreter puts this folder at sys.path[0]; it is taken off again, so that sys.path and the
environment are what they would be without asgi-worker.
"""

import importlib.util
import os
import sys


def load(folder: str):
    """The asgi_worker package of `folder`, as if imported from there."""
    package = os.path.join(folder, "asgi_worker")
    spec = importlib.util.spec_from_file_location(
        "asgi_worker", os.path.join(package, "__init__.py"), submodule_search_locations=[package]
    )
    module = importlib.util.module_from_spec(spec)
    sys.modules["asgi_worker"] = module
    spec.loader.exec_module(module)
    return module


if __name__ == "__main__":
    here = os.path.dirname(os.path.abspath(__file__))
    if sys.path and not getattr(sys.flags, "safe_path", False):
        del sys.path[0]
    sys.exit(load(here).main(sys.argv[1:]))
