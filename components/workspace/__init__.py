"""What a visitor has on the server, and what all visitors share.

`Workspace` is the whole of it, in `recordings`, `view`, `own_models`, `teaching`, `files` and
`messages`; `registry` finds it by cookie and ends it in time; `shared` holds limits, queue and
caches; `jobs` begins long work; `waiting` is what one tab waits for; `current` finds the workspace
of the visitor for whom the script runs.
"""
