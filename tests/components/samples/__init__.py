"""Files that the tests of the JavaScript read, as the app writes them.

``python -m tests.components.samples`` writes them anew after a change of a format.
"""
