"""The recursive loop: turns, sub-calls, limits, events, answer and trace. It begins in `question`.

Nothing is imported here, so that a server can name answers and events in its handshake before the
grammars and regex engines behind `question` are loaded.
"""
