"""Loads the package that lies beside this file, and nothing else from here.

The interpreter puts this folder at sys.path[0]; it is taken off again, so that sys.path and the
environment are what they would be without asgi-worker.
"""

import os
import sys

if __name__ == "__main__":
    here = os.path.dirname(os.path.abspath(__file__))
    if getattr(sys.flags, "safe_path", False):  # the folder is not there
        sys.path.insert(0, here)
    else:
        sys.path[0] = here
    from asgi_worker import main

    del sys.path[0]
    sys.exit(main(sys.argv[1:]))
