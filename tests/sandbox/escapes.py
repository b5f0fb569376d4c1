"""Attempts to get out: programs that print whatever they get hold of.

`@file@`, `@out@`, `@port@`, `@udp@`, `@unix@`, `@pid@` and `@secret@`'s environment variable stand for
things of the host that each test makes. An attempt has leaked when the host's secret is in its output,
when a file, a connection or a signal arrived, or when it prints LEAK.
"""

# ruff: noqa: E501 - a table of programs, one line each

from __future__ import annotations

_CTYPES = "import ctypes, os; libc = ctypes.CDLL(None, use_errno=True); "
_READ = "print(os.read(fd, 4096)) if fd >= 0 else 0"
_NET = "import socket; "
_RUN = "['cat', '@file@']"

FILES = {
    "open": "print(open('@file@').read())",
    "open bytes": "print(open(b'@file@', 'rb').read())",
    "os.open": "import os; print(os.read(os.open('@file@', os.O_RDONLY), 4096))",
    "io.FileIO": "import io; print(io.FileIO('@file@').read())",
    "_io.open_code": "import _io; print(_io.open_code('@file@').read())",
    "pathlib": "from pathlib import Path; print(Path('@file@').read_text())",
    "linecache": "import linecache; print(linecache.getlines('@file@'))",
    "tokenize.open": "import tokenize; print(tokenize.open('@file@').read())",
    "fileinput": "import fileinput; print(list(fileinput.input('@file@')))",
    "codecs": "import codecs; print(codecs.open('@file@').read())",
    "runpy": "import runpy; print(runpy.run_path('@file@'))",
    "source loader": "from importlib.machinery import SourceFileLoader as S; print(S('x', '@file@').get_data('@file@'))",
    "zipimport": "import zipimport; print(zipimport.zipimporter('@file@'))",
    "sqlite": "import sqlite3; sqlite3.connect('@out@').execute('create table t(a)'); print('LEAK')",
    "sqlite attach": "import sqlite3; sqlite3.connect(':memory:').execute(\"attach '@out@' as d\"); print('LEAK')",
    "dbm": "import dbm.dumb; print('LEAK', dbm.dumb.open('@out@', 'c'))",
    "shelve": "import shelve; print('LEAK', shelve.open('@out@'))",
    "xml entity": (
        "import xml.sax, io\nclass H(xml.sax.ContentHandler):\n    def characters(self, c): print(c)\n"
        "p = xml.sax.make_parser(); p.setFeature('http://xml.org/sax/features/external-general-entities', True)\n"
        "p.setContentHandler(H())\n"
        "p.parse(io.StringIO('<!DOCTYPE a [<!ENTITY e SYSTEM \"file://@file@\">]><a>&e;</a>'))"
    ),
    "urllib file": "import urllib.request; print(urllib.request.urlopen('file://@file@').read())",
    "listdir": "import os; print('LEAK', os.listdir('/'))",
    "scandir": "import os; print('LEAK', list(os.scandir('/')))",
    "walk": "import os\nfor x in os.walk('/'): print('LEAK', x); break",
    "glob": "import glob; print('LEAK' if glob.glob('/*') else '')",
    "stat": "import os; print('LEAK', os.stat('@file@'))",
    "exists": "import os; print('LEAK' if os.path.exists('@file@') else '')",
    "access": "import os; print('LEAK' if os.access('/', os.R_OK) else '')",
    "readlink": "import os; print('LEAK', os.readlink('/proc/self/exe'))",
    "getcwd": "import os; print('LEAK', os.getcwd())",
    "chdir": "import os; os.chdir('/tmp'); print('LEAK')",
    "write": "open('@out@', 'w').write('x')",
    "append": "open('@file@', 'a').write('x'); print('LEAK')",
    "temporary file": "import tempfile; print('LEAK', tempfile.NamedTemporaryFile().name)",
    "temporary directory": "import tempfile; print('LEAK', tempfile.mkdtemp())",
    "mkdir": "import os; os.mkdir('@out@')",
    "mkfifo": "import os; os.mkfifo('@out@')",
    "symlink": "import os; os.symlink('/', '@out@')",
    "hard link": "import os; os.link('@file@', '@out@')",
    "rename": "import os; os.rename('@file@', '@out@')",
    "unlink": "import os; os.unlink('@file@'); print('LEAK')",
    "rmtree": "import shutil; shutil.rmtree(os.path.dirname('@file@')) if (os := __import__('os')) else 0; print('LEAK')",
    "chmod": "import os; os.chmod('@file@', 0o777); print('LEAK')",
    "truncate": "import os; os.truncate('@file@', 0); print('LEAK')",
    "utime": "import os; os.utime('@file@'); print('LEAK')",
    "shutil.copy": "import shutil; shutil.copy('@file@', '@out@')",
    "shared memory": "from multiprocessing import shared_memory as s; print('LEAK', s.SharedMemory(create=True, size=10).name)",
    "memfd": "import os; print('LEAK', os.memfd_create('x'))",
    "logging to a file": "import logging; logging.FileHandler('@out@'); print('LEAK')",
    "libc open": _CTYPES + "fd = libc.open(b'@file@', 0); " + _READ,
    "libc fopen": _CTYPES + "libc.fopen.restype = ctypes.c_void_p; print('LEAK' if libc.fopen(b'@file@', b'r') else '')",
    "raw openat": _CTYPES + "fd = libc.syscall(257 if os.uname().machine == 'x86_64' else 56, -100, b'@file@', 0); " + _READ,
    "raw openat2": _CTYPES + "fd = libc.syscall(437, -100, b'@file@', ctypes.create_string_buffer(24), 24); " + _READ,
    "raw open, x86_64 number": _CTYPES + "fd = libc.syscall(2, b'@file@', 0); " + _READ,
    "x32 open": _CTYPES + "fd = libc.syscall(0x40000000 + 2, b'@file@', 0); " + _READ,
    "io_uring": _CTYPES + "fd = libc.syscall(425, 4, ctypes.create_string_buffer(120)); print('LEAK' if fd >= 0 else '')",
    "open by handle": _CTYPES + "fd = libc.syscall(304, -100, ctypes.create_string_buffer(64), 0); " + _READ,
    "a library": "import ctypes; print('LEAK', ctypes.CDLL('libthread_db.so.1'))",
    "its own descriptors again": "import os; print('LEAK', [os.open(f'/proc/self/fd/{n}', os.O_RDWR) for n in range(4)])",
    "imports, reopened": "import importlib.machinery as m, sys\nsys.meta_path[:] = [m.PathFinder]; sys.path[:] = ['@file@'.rpartition('/')[0], '/usr/lib/python3.11']; sys.path_importer_cache.clear()\nimport this; print('LEAK')",
    "file with a relative path": "import os; print(open('../' * 20 + '@file@'[1:]).read())",
}  # fmt: skip

PROC = {
    "own environment": "print(open('/proc/self/environ').read())",
    "os.environ": "import os; print(dict(os.environ)); print(os.getenv('RLM_TEST_SECRET'))",
    "libc getenv": _CTYPES + "libc.getenv.restype = ctypes.c_char_p; print(libc.getenv(b'RLM_TEST_SECRET'))",
    "libc environ": _CTYPES + "e = ctypes.POINTER(ctypes.c_char_p).in_dll(libc, 'environ')\ni = 0\nwhile e and e[i]: print(e[i]); i += 1",
    "environment of the host": "print(open('/proc/@pid@/environ').read())",
    "environment of the parent": "import os; print(open(f'/proc/{os.getppid()}/environ').read())",
    "own maps": "print('LEAK', open('/proc/self/maps').read())",
    "root through proc": "print(open('/proc/self/root@file@').read())",
    "host's root through proc": "print(open('/proc/@pid@/root@file@').read())",
    "host's descriptors": "import os; print('LEAK', os.listdir('/proc/@pid@/fd'))",
    "host's memory": "print('LEAK', open('/proc/@pid@/mem', 'rb'))",
    "objects left in memory": "import gc; print([o for o in gc.get_objects() if isinstance(o, dict) and 'RLM_TEST_SECRET' in o])",
    "frames below": "import sys\nf = sys._getframe()\nwhile f: print(f.f_locals.get('environ'), f.f_globals.get('SECRET')); f = f.f_back",
    "the zygote's control socket": "import sys\nf = sys._getframe()\nwhile f:\n    c = f.f_locals.get('control')\n    if c is not None: c.send(b'{\"id\": 1}'); print('LEAK')\n    f = f.f_back",
    "ptrace": _CTYPES + "print('LEAK' if libc.ptrace(16, @pid@, 0, 0) == 0 else '')",
    "process_vm_readv": _CTYPES + "b = ctypes.create_string_buffer(8); v = (ctypes.c_void_p * 2)(ctypes.addressof(b), 8); print('LEAK' if libc.process_vm_readv(@pid@, v, 1, v, 1, 0) >= 0 else '')",
    "pidfd_getfd": _CTYPES + "p = libc.syscall(434, @pid@, 0); print('LEAK' if p >= 0 and libc.syscall(438, p, 0, 0) >= 0 else '')",
    "kcmp": _CTYPES + "print('LEAK' if libc.syscall(312, @pid@, @pid@, 0, 0, 0) >= 0 else '')",
    "perf events": _CTYPES + "print('LEAK' if libc.syscall(298, ctypes.create_string_buffer(128), 0, -1, -1, 0) >= 0 else '')",
    "hostname": "import socket, platform; print('LEAK', socket.gethostname())",
}  # fmt: skip

NETWORK = {
    "tcp": _NET + "print('LEAK', socket.create_connection(('127.0.0.1', @port@), timeout=0.3))",
    "tcp6": _NET + "print('LEAK', socket.socket(socket.AF_INET6).connect(('::1', @port@)))",
    "udp": _NET + "s = socket.socket(type=socket.SOCK_DGRAM); s.sendto(b'x', ('127.0.0.1', @udp@)); print('LEAK')",
    "unix": _NET + "s = socket.socket(socket.AF_UNIX); s.connect('@unix@'); print('LEAK')",
    "abstract unix": _NET + "s = socket.socket(socket.AF_UNIX); s.bind('\\0rlm'); print('LEAK')",
    "raw": _NET + "print('LEAK', socket.socket(socket.AF_INET, socket.SOCK_RAW, 1))",
    "packet": _NET + "print('LEAK', socket.socket(socket.AF_PACKET, socket.SOCK_RAW))",
    "netlink": _NET + "print('LEAK', socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0))",
    "vsock": _NET + "print('LEAK', socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM))",
    "listen": _NET + "print('LEAK', socket.create_server(('127.0.0.1', 0)))",
    "resolve": _NET + "print('LEAK', socket.getaddrinfo('localhost', 80))",
    "gethostbyname": _NET + "print('LEAK', socket.gethostbyname('localhost'))",
    "urllib": "import urllib.request; print('LEAK', urllib.request.urlopen('http://127.0.0.1:@port@', timeout=0.3))",
    "http.client": "import http.client; c = http.client.HTTPConnection('127.0.0.1', @port@, 0.3); c.request('GET', '/'); print('LEAK')",
    "asyncio": "import asyncio; print('LEAK', await asyncio.open_connection('127.0.0.1', @port@))",
    "asyncio server": "import asyncio; print('LEAK' if (await asyncio.start_server(print, '127.0.0.1', 0)).sockets else '')",
    "datagram pair": _NET + "a, b = socket.socketpair(type=socket.SOCK_DGRAM); a.sendto(b'x', '@unix@'); print('LEAK')",
    "sequenced pair": _NET + "print('LEAK', socket.socketpair(type=socket.SOCK_SEQPACKET))",
    "send with an address": _NET + "a, b = socket.socketpair(); a.sendto(b'x', '@unix@'); print('LEAK')",
    "pass a descriptor": _NET + "a, b = socket.socketpair(); socket.send_fds(a, [b'x'], [0]); print('LEAK')",
    "out-of-band data": _NET + "a, b = socket.socketpair(); a.send(b'x', socket.MSG_OOB); print('LEAK')",
    "raw socket call": _CTYPES + "print('LEAK' if libc.socket(2, 1, 0) >= 0 else '')",
    "raw connect on the channel": _CTYPES + "print('LEAK' if any(libc.connect(n, b'\\2\\0' + bytes(14), 16) == 0 for n in range(64)) else '')",
}  # fmt: skip

PROCESSES = {
    "fork": "import os\npid = os.fork()\nif not pid: os._exit(0)\nprint('LEAK')",
    "vfork": _CTYPES + "print('LEAK' if libc.syscall(58) >= 0 else '')",
    "clone without thread": _CTYPES + "print('LEAK' if libc.syscall(56 if os.uname else 220, 17, 0, 0, 0, 0) >= 0 else '')",
    "clone into a namespace": _CTYPES + "print('LEAK' if libc.syscall(56, 0x10010f00 | 0x40000000, 0, 0, 0, 0) >= 0 else '')",
    "clone3": _CTYPES + "b = ctypes.create_string_buffer(88); b[32] = 17; print('LEAK' if libc.syscall(435, b, 88) >= 0 else '')",
    "subprocess": "import subprocess; print(subprocess.run(" + _RUN + ", capture_output=True).stdout, 'LEAK')",
    "shell": "import subprocess; print(subprocess.getoutput('cat @file@'))",
    "os.system": "import os; print('LEAK' if os.system('cat @file@ > @out@') == 0 else '')",
    "os.popen": "import os; print(os.popen('cat @file@').read(), 'LEAK')",
    "posix_spawn": "import os; print('LEAK', os.posix_spawn('/bin/cat', " + _RUN + ", {}))",
    "exec": "import os; os.execv('/bin/cat', " + _RUN + ")",
    "execveat": _CTYPES + "print('LEAK' if libc.syscall(322, -100, b'/bin/true', 0, 0, 0) >= 0 else '')",
    "libc system": _CTYPES + "print('LEAK' if libc.system(b'cat @file@ > @out@') == 0 else '')",
    "multiprocessing": "import multiprocessing as m; p = m.get_context('fork').Process(target=print); p.start(); print('LEAK')",
    "process pool": "from concurrent.futures import ProcessPoolExecutor as P\nwith P(1) as p: print('LEAK', p.submit(int).result())",
    "asyncio subprocess": "import asyncio; p = await asyncio.create_subprocess_exec('/bin/true'); print('LEAK')",
    "pty": "import pty; print('LEAK', pty.fork())",
    "pickle": "import pickle\nclass E:\n    def __reduce__(self): return (__import__('os').system, ('cat @file@ > @out@',))\nprint('LEAK' if pickle.loads(pickle.dumps(E())) == 0 else '')",
    "subclasses": "[c for c in ().__class__.__base__.__subclasses__() if c.__name__ == 'Popen'][0](" + _RUN + "); print('LEAK')",
    "webbrowser": "import webbrowser; print('LEAK' if webbrowser.open('http://127.0.0.1:@port@') else '')",
}  # fmt: skip

SIGNALS = {
    "kill the host": "import os, signal; os.kill(@pid@, signal.SIGUSR1)",
    "kill the zygote": "import os; os.kill(os.getppid(), 9); print('LEAK')",
    "kill everything": "import os; os.kill(-1, 10)",
    "kill the group": "import os; os.killpg(0, 10); print('LEAK')",
    "kill by libc": _CTYPES + "print('LEAK' if libc.kill(@pid@, 10) == 0 else '')",
    "tgkill": _CTYPES + "print('LEAK' if libc.syscall(234, @pid@, @pid@, 10) == 0 else '')",
    "tkill": _CTYPES + "print('LEAK' if libc.syscall(200, @pid@, 10) == 0 else '')",
    "sigqueue": _CTYPES + "print('LEAK' if libc.sigqueue(@pid@, 10, 0) == 0 else '')",
    "pidfd": "import os, signal; signal.pidfd_send_signal(os.pidfd_open(@pid@), 10)",
    "signal of a descriptor": "import fcntl\nfor n in range(64):\n    try: fcntl.fcntl(n, 10, 10); print('LEAK')\n    except OSError: pass",
    "owner of a descriptor": "import fcntl\nfor n in range(64):\n    try: fcntl.fcntl(n, fcntl.F_SETOWN, @pid@); print('LEAK')\n    except OSError: pass",
    "prlimit": "import resource; print('LEAK', resource.prlimit(@pid@, resource.RLIMIT_NOFILE, (9, 9)))",
    "priority": "import os; os.setpriority(os.PRIO_PROCESS, @pid@, 19); print('LEAK')",
    "affinity": "import os; os.sched_setaffinity(@pid@, {0}); print('LEAK')",
    "scheduler": "import os; os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1)); print('LEAK')",
}  # fmt: skip

PRIVILEGES = {
    "setuid": "import os; os.setuid(0); print('LEAK')",
    "setresuid": "import os; os.setresuid(-1, 0, -1); print('LEAK')",
    "setgroups": "import os; os.setgroups([0]); print('LEAK')",
    "unshare": _CTYPES + "print('LEAK' if libc.unshare(0x10000000) == 0 else '')",
    "setns": _CTYPES + "print('LEAK' if libc.setns(0, 0) == 0 else '')",
    "chroot": "import os; os.chroot('/'); print('LEAK')",
    "mount": _CTYPES + "print('LEAK' if libc.mount(b'none', b'/tmp', b'tmpfs', 0, 0) == 0 else '')",
    "become dumpable": _CTYPES + "print('LEAK' if libc.prctl(4, 1, 0, 0, 0) == 0 else '')",
    "outlive the zygote": _CTYPES + "print('LEAK' if libc.prctl(1, 0, 0, 0, 0) == 0 else '')",
    "another filter": _CTYPES + "print('LEAK' if libc.syscall(317, 1, 8, ctypes.create_string_buffer(16)) >= 0 else '')",
    "raise a limit": "import resource; resource.setrlimit(resource.RLIMIT_AS, (-1, -1)); print('LEAK')",
    "executable memory": "import mmap; print('LEAK', mmap.mmap(-1, 4096, prot=7))",
    "executable later": _CTYPES + "import mmap; m = mmap.mmap(-1, 4096); a = ctypes.addressof(ctypes.c_char.from_buffer(m)); print('LEAK' if libc.mprotect(ctypes.c_void_p(a), 4096, 5) == 0 else '')",
    "executable by key": _CTYPES + "print('LEAK' if libc.syscall(329, 0, 4096, 7, -1) == 0 else '')",
    "personality": _CTYPES + "print('LEAK' if libc.personality(0x0400000) >= 0 else '')",
    "bpf": _CTYPES + "print('LEAK' if libc.syscall(321, 0, ctypes.create_string_buffer(128), 128) >= 0 else '')",
    "keyring": _CTYPES + "print('LEAK' if libc.syscall(250, 0, -3, 1) >= 0 else '')",
    "userfaultfd": _CTYPES + "print('LEAK' if libc.syscall(323, 1) >= 0 else '')",
    "clock": "import time; time.clock_settime(time.CLOCK_REALTIME, 0); print('LEAK')",
    "type into the terminal": "import fcntl\nfor n in range(4): fcntl.ioctl(n, 0x5412, b'x'); print('LEAK')",
    "traced by its parent": _CTYPES + "print('LEAK' if libc.ptrace(0, 0, 0, 0) == 0 else '')",
    "merged pages": _CTYPES + "import mmap; m = mmap.mmap(-1, 8192); a = ctypes.addressof(ctypes.c_char.from_buffer(m)); print('LEAK' if libc.madvise(ctypes.c_void_p(a), 8192, 12) == 0 else '')",
    "priority inheritance": _CTYPES + "w = ctypes.c_uint(); print('LEAK' if libc.syscall(202 if os.uname().machine == 'x86_64' else 98, ctypes.byref(w), 6, 0, 0, 0, 0) == 0 else '')",
    "memory of another's": _CTYPES + "print('LEAK' if libc.syscall(440, 0, 0, 0, 4, 0) >= 0 or ctypes.get_errno() != 1 else '')",
    "system v shared memory": _CTYPES + "print('LEAK' if libc.shmget(0, 4096, 0o1600) >= 0 else '')",
    "message queue": _CTYPES + "print('LEAK' if libc.msgget(0, 0o1600) >= 0 else '')",
    "syslog": _CTYPES + "print('LEAK' if libc.klogctl(3, ctypes.create_string_buffer(99), 99) >= 0 else '')",
    "unlock by importing the lock": "from rlm_core.sandbox.lock.linux import seccomp; seccomp.restrict(); print('LEAK')",
}  # fmt: skip

ESCAPES = {
    f"{kind}: {name}": program
    for kind, group in {
        "files": FILES,
        "proc": PROC,
        "network": NETWORK,
        "processes": PROCESSES,
        "signals": SIGNALS,
        "privileges": PRIVILEGES,
    }.items()
    for name, program in group.items()
}
