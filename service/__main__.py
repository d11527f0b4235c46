"""`python -m service` is `duban`."""

import sys

from service.cli import main

sys.exit(main())
