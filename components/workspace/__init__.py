"""Server-side state of each visitor, and state shared by all visitors.

`Workspace` holds the state of one visitor, with parts in `recordings`, `view`, `own_models`,
`teaching`, `files`, `exports` and `messages`. `registry` finds it by cookie and closes it when it
expires; `shared` holds limits, queue and caches; `jobs` starts long work; `waiting` tracks the jobs
that one tab waits for; `current` returns the workspace of the visitor for whom the script runs.
"""
