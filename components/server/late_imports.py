"""Lock for the imports of the project's own modules that are made late, inside functions.

The application starts without what its pages need, so the first requests, the first runs of the
script and the loading in the background import it at the same time. Python locks each module by
itself: one thread holds `models` and waits for `models.inference`, another the reverse. It resolves
this by handing out a module that is not complete, and that import fails. With this lock one thread
imports at a time.
"""

import threading

LATE_IMPORTS = threading.RLock()
