"""Importable modules: loaded before the lock, since no file can be opened after it."""

from __future__ import annotations

import importlib
import sys
import time
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType

# The parts of the standard library that programs over text use, and what these load only when used.
_MODULES = """
abc argparse array ast asyncio asyncio.taskgroups asyncio.timeouts atexit base64 binascii bisect builtins bz2
calendar cmath code codecs codeop collections collections.abc colorsys concurrent.futures
concurrent.futures.process concurrent.futures.thread configparser contextlib contextvars copy copyreg csv
ctypes dataclasses datetime decimal difflib dis doctest email email.message email.parser email.policy
encodings.ascii encodings.base64_codec encodings.big5 encodings.cp1251 encodings.cp1252 encodings.cp437
encodings.euc_jp encodings.gb18030 encodings.hex_codec encodings.idna encodings.iso8859_1
encodings.iso8859_15 encodings.latin_1 encodings.punycode encodings.raw_unicode_escape encodings.rot_13
encodings.shift_jis encodings.unicode_escape encodings.utf_16 encodings.utf_16_be encodings.utf_16_le
encodings.utf_32 encodings.utf_32_be encodings.utf_32_le encodings.utf_7 encodings.utf_8_sig enum errno
faulthandler filecmp fileinput fnmatch fractions functools gc getpass gettext glob graphlib gzip hashlib heapq
hmac html html.entities html.parser http http.client http.cookies http.server importlib importlib.metadata
importlib.resources importlib.util inspect io ipaddress itertools json json.tool keyword linecache locale
logging logging.config logging.handlers lzma marshal math mimetypes multiprocessing multiprocessing.dummy
multiprocessing.pool numbers opcode operator os os.path pathlib pdb pickle pickletools pkgutil platform
plistlib posixpath pprint profile pyclbr pydoc pydoc_data.topics queue quopri random re reprlib resource
runpy sched secrets select selectors shelve shlex shutil signal site socket socketserver sqlite3 ssl
stat statistics string stringprep struct subprocess symtable sysconfig tabnanny tarfile tempfile
textwrap threading time timeit token tokenize tomllib trace traceback tracemalloc types typing unicodedata
unittest unittest.mock urllib urllib.error urllib.parse urllib.request uuid warnings weakref
xml.dom.minidom xml.etree.ElementTree xml.parsers.expat xml.sax xml.sax.expatreader zipfile zlib zoneinfo
_strptime _pydatetime _pydecimal _pyrepl.pager rlcompleter
_ast_unparse _suggestions _sysconfig email.generator getopt http.cookiejar importlib.metadata._adapters
importlib.readers importlib.resources._adapters optparse pstats py_compile unittest._log unittest.async_case
xml.dom.expatbuilder xml.dom.pulldom
""".split()  # noqa: SIM905 - one name a line would be two hundred lines


def preload() -> None:
    """Loads everything that a program may import."""
    for name in _MODULES:
        with suppress(ImportError):  # not every build, or version, of Python has every module
            importlib.import_module(name)
    time.localtime()  # reads the time zone
    time.strptime("2000", "%Y")
    "".encode("idna")


def close() -> None:
    """From now on modules that are not loaded can't be imported, and the error says why."""
    sys.path.clear()
    sys.path_importer_cache.clear()
    sys.meta_path[:] = [_Closed()]


class _Closed:
    """The only finder of a locked worker: finds nothing."""

    def find_spec(
        self, name: str, _path: Sequence[str] | None = None, _target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Raises `ModuleNotFoundError` with a sentence."""
        top = name.partition(".")[0]
        known = top in sys.stdlib_module_names
        reason = "not part of the sandbox" if known else "not installed: there is only the standard library"
        raise ModuleNotFoundError(f"No module named {name!r} (it is {reason})", name=name)
