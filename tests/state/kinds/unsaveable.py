"""What cannot be saved, and is named."""

from __future__ import annotations

from kinds.kind import Kind, named

KINDS: list[Kind] = [
    named("generator", "x = (i for i in range(3))", "generator"),
    named("coroutine", "async def f(): pass\nx = f()", "coroutine"),
    named("async generator", "async def f(): yield 1\nx = f()", "async_generator"),
    named("lock", "import threading; x = threading.Lock()", "lock"),
    named("event", "import threading; x = threading.Event()", "lock"),
    named("thread", "import threading; x = threading.Thread()", "lock"),
    named("thread local", "import threading; x = threading.local()", "thread"),
    named("queue", "import queue; x = queue.Queue()", "lock"),
    named("socket", "import socket; x = socket.socket()", "socket"),
    named("database connection", "import sqlite3; x = sqlite3.connect(':memory:')", "Connection"),
    named("cursor", "import sqlite3; x = sqlite3.connect(':memory:').cursor()", "Cursor"),
    named(
        "thread pool",
        "from concurrent.futures import ThreadPoolExecutor; x = ThreadPoolExecutor()",
        "pickle",
    ),
    named(
        "process pool",
        "from concurrent.futures import ProcessPoolExecutor; x = ProcessPoolExecutor(1)",
        "lock",
    ),
    named(
        "process",
        "import subprocess, sys; x = subprocess.Popen([sys.executable, '-c', '']); _ = x.wait()",
        "process",
    ),
    named("event loop", "import asyncio; x = asyncio.new_event_loop(); x.close()", "weak"),
    named("context variable", "import contextvars; x = contextvars.ContextVar('v')", "ContextVar"),
    named("context", "import contextvars; x = contextvars.copy_context()", "Context"),
    named("weak reference", "class P: pass\n_p = P()\nimport weakref; x = weakref.ref(_p)", "weak"),
    named("weak proxy", "class P: pass\n_p = P()\nimport weakref; x = weakref.proxy(_p)", "weak"),
    named("weak set", "class P: pass\n_p = P()\nimport weakref; x = weakref.WeakSet([_p])", "weak"),
    named("weak dictionary", "import weakref; x = weakref.WeakValueDictionary()", "weak"),
    named("temporary folder", "import tempfile; x = tempfile.TemporaryDirectory()", "folder"),
    named("mmap", "import mmap; x = mmap.mmap(-1, 10)", "mmap"),
    named(
        "array on an mmap", "import mmap, numpy as np; x = np.frombuffer(mmap.mmap(-1, 16))", "mmap"
    ),
    named("pointer", "import ctypes; x = ctypes.pointer(ctypes.c_int(1))", "pointer"),
    named("shared library", "import ctypes; x = ctypes.CDLL(None)", "library"),
    named("file being written", "x = open('out.txt', 'w')", "writing"),
    named("file being updated", "x = open('upd.txt', 'w+b')", "writing"),
    named(
        "text file with carriage returns",
        "open('cr.txt', 'wb').write(b'a\\r\\nb'); x = open('cr.txt')",
        "carriage",
    ),
    named("zip file", "import zipfile; x = zipfile.ZipFile('z.zip', 'w')", "writing"),
    named("frame", "import sys; x = sys._getframe()", "frame"),
    named("csv reader", "import csv; x = csv.reader([])", "reader"),
    named("hash under way", "import hashlib; x = hashlib.sha256()", "HASH"),
    named("match", "import re; x = re.match('a', 'a')", "Match"),
    named(
        "finalizer",
        "class P: pass\n_p = P()\nimport weakref; x = weakref.finalize(_p, print)",
        "finalizer",
    ),
    named(
        "getstate that raises",
        "class P:\n    def __getstate__(self): raise RuntimeError('not me')\nx = P()",
        "not me",
    ),
    named(
        "reduce to a name in the notebook",
        "class P:\n    def __reduce__(self): return 'x'\nx = P()\nimport __main__\n__main__.x = x",
        "by name",
    ),
    named("generator deep inside", "x = {'a': [1, (i for i in ())]}", "generator"),
    named(
        "module that cannot be imported", "import types; x = types.ModuleType('nowhere')", "module"
    ),
    named(
        "http client",
        "import http.client; x = http.client.HTTPConnection('localhost'); x.sock = __import__('socket').socket()",
        "socket",
    ),
    named(
        "multiprocessing lock", "import multiprocessing; x = multiprocessing.Lock()", "inheritance"
    ),
    named("ssl context", "import ssl; x = ssl.create_default_context()", "SSLContext"),
    named("selector", "import selectors; x = selectors.DefaultSelector()", "epoll"),
    named("standard input", "import io, os; x = open(os.pipe()[0])", "no path"),
    named("decompressor", "import zlib; x = zlib.decompressobj()", "Decompress"),
    named("iterator over a folder", "import os; x = os.scandir('.')", "ScandirIterator"),
]
