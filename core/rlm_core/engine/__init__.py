"""The recursive loop: turns, sub-calls, limits, events, answer and trace."""
