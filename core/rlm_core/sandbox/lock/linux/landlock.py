"""Landlock: no path can be opened and no TCP port used, whatever system calls are allowed.

See landlock(7), landlock_create_ruleset(2), landlock_restrict_self(2). It binds the calling thread and
those that it starts later, so it is applied while the worker is single-threaded.
"""

from __future__ import annotations

import ctypes
import errno
import os
import struct

from rlm_core.sandbox.lock.linux.libc import syscall

# The same numbers on every architecture (they came after the tables were unified).
_CREATE_RULESET = 444
_RESTRICT_SELF = 446
_VERSION = 1  # LANDLOCK_CREATE_RULESET_VERSION

_TCP = 0b11  # LANDLOCK_ACCESS_NET_BIND_TCP, _CONNECT_TCP
_SCOPES = 0b11  # LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET, _SIGNAL


def version() -> int:
    """Returns the ABI version of the running kernel's Landlock, 0 where there is none."""
    try:
        return syscall(_CREATE_RULESET, None, 0, _VERSION)
    except OSError as error:
        if error.errno in {errno.ENOSYS, errno.EOPNOTSUPP, errno.EPERM}:
            return 0
        raise


def restrict() -> int:
    """Denies every access that this kernel's Landlock knows, with no exception.

    Needs `no_new_privs`. Returns the ABI version in force; 0 where there is none, which is not an
    error: the system call filter alone denies the same things.

    Raises:
        OSError: Landlock is there and refuses.
    """
    abi = version()
    if not abi:
        return 0
    ruleset = _ruleset(abi)
    descriptor = syscall(_CREATE_RULESET, ctypes.create_string_buffer(ruleset, len(ruleset)), len(ruleset), 0)
    try:
        syscall(_RESTRICT_SELF, descriptor, 0)
    finally:
        os.close(descriptor)
    return abi


def _ruleset(abi: int) -> bytes:
    """`struct landlock_ruleset_attr` as that ABI knows it: handled file system, net and scopes."""
    files = (1 << _file_rights(abi)) - 1
    if abi >= 6:
        return struct.pack("=QQQ", files, _TCP, _SCOPES)
    if abi >= 4:
        return struct.pack("=QQ", files, _TCP)
    return struct.pack("=Q", files)


def _file_rights(abi: int) -> int:
    """How many of the LANDLOCK_ACCESS_FS_* bits there are: EXECUTE … MAKE_SYM, REFER, TRUNCATE, IOCTL_DEV."""
    return {1: 13, 2: 14, 3: 15, 4: 15}.get(abi, 16)
