"""The running app in a real browser.

A package of its own, because its fixtures end with it: while Playwright runs, the tests of other
folders cannot start an event loop.
"""
