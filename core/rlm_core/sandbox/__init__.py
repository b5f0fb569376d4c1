"""Where a model's program runs.

`choice.create` makes a sandbox. It is not imported here, since workers import this package too, and need
nothing of the host's.
"""
