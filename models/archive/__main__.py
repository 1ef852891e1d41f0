"""Command line of archives: ``python -m models.archive``."""

import sys

from models.archive.command_line import main

if __name__ == "__main__":  # Dask's workers import this module, too
    sys.exit(main())
