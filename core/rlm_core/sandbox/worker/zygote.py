"""The zygote: a process that has everything loaded and forks a worker whenever the host asks for one.

It has one thread, an empty environment, and no secret: it is started afresh, not forked from the host.
It ends when the host closes the control socket, and its workers end with it.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import resource
import signal
import socket
import sys
from pathlib import Path
from typing import NoReturn

from rlm_core.errors import SandboxError
from rlm_core.sandbox.lock.linux import limits
from rlm_core.sandbox.repl import importable
from rlm_core.sandbox.wire import MAX_DESCRIPTORS
from rlm_core.sandbox.worker import native_main
from rlm_core.sandbox.worker.native_main import CHANNEL
from rlm_core.syntax.registry import preload

if sys.platform != "linux":
    raise ImportError("Only Linux has the native sandbox.")

_MAX_OPEN = 1024


def main(control_descriptor: int) -> None:
    """Serves the control socket until it is closed.

    One packet is one worker: its descriptors come with the request, its process id and a pidfd go back.
    """
    # In a host with many open files the number may be beyond the limit that is set below, up to which
    # a worker closes what it finds open.
    if control_descriptor != CHANNEL:
        os.dup2(control_descriptor, CHANNEL, inheritable=False)
        os.close(control_descriptor)
    control = socket.socket(fileno=CHANNEL)
    os.environ.clear()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the kernel reaps; see the notes of waitpid(2)
    limits.limit(resource.RLIMIT_NOFILE, _MAX_OPEN)
    try:
        _preload()
    except SandboxError as error:
        control.send(json.dumps({"error": str(error)}).encode())
        return
    control.send(json.dumps({"ready": True}).encode())
    while True:
        request, descriptors, _, _ = socket.recv_fds(control, 1024, MAX_DESCRIPTORS)
        if not request:
            return
        _fork(control, json.loads(request)["id"], descriptors)


def _preload() -> None:
    gc.disable()
    importable.preload()
    importlib.import_module("rlm_core.context.context")
    preload()
    threads = len(list(Path("/proc/self/task").iterdir()))
    if threads != 1:
        raise SandboxError(
            f"The sandbox's zygote has {threads} threads after loading its modules and cannot fork safely."
        )
    gc.collect()
    gc.freeze()  # workers share these objects' pages until they touch them


def _fork(control: socket.socket, number: int, descriptors: list[int]) -> None:
    parent = os.getpid()
    child = os.fork()
    if not child:
        control.detach()  # its number is where the worker's own channel goes
        _become_worker(parent, descriptors)
    for descriptor in descriptors:
        os.close(descriptor)
    # The worker waits for the host's first frame, so it is still there.
    pidfd = os.pidfd_open(child)
    socket.send_fds(control, [json.dumps({"id": number, "pid": child}).encode()], [pidfd])
    os.close(pidfd)


def _become_worker(parent: int, descriptors: list[int]) -> NoReturn:
    try:
        native_main.run(parent, descriptors)
    except BaseException:  # noqa: BLE001 - nothing may return into the zygote's loop
        sys.excepthook(*sys.exc_info())
    finally:
        os._exit(1)
