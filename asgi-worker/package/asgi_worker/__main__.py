import sys

from asgi_worker import main

sys.exit(main(sys.argv[1:]))
