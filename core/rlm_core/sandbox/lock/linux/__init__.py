"""The lock of a worker process on Linux, and nothing else.

Everything here runs once, in the worker, between the fork and the first line of a program. `lock.py`
has the order; each other module is one kernel interface.
"""
