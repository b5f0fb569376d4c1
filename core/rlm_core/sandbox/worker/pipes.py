"""Pipes of a worker to the host: its standard input and output."""

from __future__ import annotations

import os


class Pipes:
    """What a channel needs of a socket, over two descriptors."""

    def __init__(self, reading: int, writing: int) -> None:
        self._reading = reading
        self._writing = writing

    @classmethod
    def taken_over(cls) -> Pipes:
        """The standard input and output, which become a /dev/null: a stray write must not be a frame."""
        pipes = cls(os.dup(0), os.dup(1))
        null = os.open(os.devnull, os.O_RDWR)
        for number in (0, 1):
            os.dup2(null, number, inheritable=False)
        os.close(null)
        return pipes

    def recv(self, size: int, /) -> bytes:
        """Waits for some bytes; none when the host has closed its end."""
        return os.read(self._reading, size)

    def sendall(self, data: bytes, /) -> None:
        """Writes all of some bytes."""
        left = memoryview(data)
        while left:
            left = left[os.write(self._writing, left) :]
