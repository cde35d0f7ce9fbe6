"""``python -m notewright.serving.server``: serve one package version.

Alone it opens its own port. Under a supervisor it takes over a listening
socket that it inherited, and two pipes: on one it reads ``hand over`` and
``stop`` (and stops when the supervisor is gone), on the other it says that it
is ready, or why not.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import os
import signal
import socket
import sys
import threading
from pathlib import Path
from typing import Any, NoReturn

from notewright.errors import NotewrightError, PortInUse

#: Idle connections are closed this long after a hand-over.
LINGER_SECONDS = 5.0


def main(arguments: list[str] | None = None) -> int:
    """Serve until told to stop; return the exit status."""
    for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(variable, "1")
    os.umask(0o077)  # logged rows are nobody else's business
    options = _parser().parse_args(arguments)
    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(name)s %(levelname)s %(message)s", force=True
    )
    # A server that is asked to end removes what it has copied; uvicorn, which answers what is under
    # way first, raises the signal again when it is done.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _end)
    try:
        _serve(options)
    except NotewrightError as error:
        _report(options.report_fd, {"problem": error.problem, "remedy": error.remedy})
        print(error, file=sys.stderr)
        return 1
    return 0


def _end(number: int, frame: object) -> NoReturn:
    raise SystemExit(128 + number)


def listen(host: str, port: int) -> socket.socket:
    """Return a listening socket.

    Raises
    ------
    PortInUse
        If another program listens there.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # The protocol is named because asyncio turns Nagle's delay off (40 ms an answer) only then.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(1024)
    except OSError as error:
        listener.close()
        raise PortInUse(host, port) from error
    return listener


def _serve(options: argparse.Namespace) -> None:
    # Imported here so that --help and a taken port cost nothing.
    if options.fd is None:
        listener = listen(options.host, options.port)
    else:
        family = socket.AF_INET6 if ":" in options.host else socket.AF_INET
        listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP, fileno=options.fd)
    listener.setblocking(False)

    from notewright.serving.app import Inference, Limits
    from notewright.serving.model import PackageModel
    from notewright.serving.writer import LogWriter

    model = PackageModel.load(options.package.resolve(), options.manifest)
    log = LogWriter(options.log) if options.log is not None else None
    inference = Inference(
        model,
        options.name or model.schema.name,
        options.version or model.version,
        options.deployment,
        log,
        Limits(body_bytes=options.max_body),
    )
    try:
        with model:
            asyncio.run(_run(inference, listener, options))
    finally:
        inference.close()


async def _run(inference: Any, listener: socket.socket, options: argparse.Namespace) -> None:
    import uvicorn

    from notewright.serving.app import make_app
    from notewright.serving.door import Door

    host, port = listener.getsockname()[:2]
    door = Door(make_app(inference), (host, port))
    config = uvicorn.Config(
        door,
        lifespan="off",
        access_log=False,
        log_config=None,
        server_header=False,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=30,
    )
    server = uvicorn.Server(config)
    if options.control_fd is not None:
        _obey(options.control_fd, options.report_fd, server, door)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    while not server.started and not serving.done():
        await asyncio.sleep(0.002)
    url = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
    _report(options.report_fd, {"ready": True, "pid": os.getpid()})
    if options.report_fd is None:
        print(f"{inference.name} answers at {url}/v2/models/{inference.name}/infer", flush=True)
    await serving


def _obey(control: int, report: int | None, server: Any, door: Any) -> None:
    """Follow the supervisor's words, from a thread; its silence for ever means stop."""
    loop = asyncio.get_running_loop()

    def follow() -> None:
        with os.fdopen(control, "r", encoding="utf-8") as words:
            for word in words:
                if word.strip() == "hand over":
                    asyncio.run_coroutine_threadsafe(_hand_over(report, server, door), loop)
                elif word.strip() == "stop":
                    break
        loop.call_soon_threadsafe(setattr, server, "should_exit", True)

    threading.Thread(target=follow, name="control", daemon=True).start()


async def _hand_over(report: int | None, server: Any, door: Any) -> None:
    """Accept no more, pass on what still comes over open connections, then end."""
    loop = asyncio.get_running_loop()
    for listening in server.servers:
        for accepting in listening.sockets:
            loop.remove_reader(accepting.fileno())
    door.handed_over = True
    _report(report, {"handed_over": True})
    # asyncio drops a connection that it accepted but has not yet given a transport when
    # its server is closed. A few turns of the loop are enough for the last of them.
    await asyncio.sleep(0.05)
    for listening in server.servers:
        listening.close()
    quiet_until = loop.time() + LINGER_SECONDS
    while server.server_state.connections and loop.time() < quiet_until:
        if door.busy:
            quiet_until = loop.time() + LINGER_SECONDS
        await asyncio.sleep(0.05)
    server.should_exit = True


def _report(handle: int | None, message: dict[str, Any]) -> None:
    if handle is not None:
        os.write(handle, json.dumps(message).encode() + b"\n")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m notewright.serving.server",
        description="Serve one package version over the Open Inference Protocol v2.",
    )
    parser.add_argument("package", type=Path, help="the package's directory")
    parser.add_argument("--name", help="the model's name in the paths; default: the package's")
    parser.add_argument("--version", help="the version that answers carry; default: the package's")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8080)
    parser.add_argument("--log", type=Path, help="folder of the prediction log")
    parser.add_argument("--deployment", default="", help="the deployment's id, for the log")
    parser.add_argument("--manifest", help="the digest model/manifest.json must have")
    parser.add_argument("--max-body", type=int, default=16 * 1024 * 1024, help="bytes")
    for hidden in ("--fd", "--control-fd", "--report-fd"):
        parser.add_argument(hidden, type=int, help=argparse.SUPPRESS)
    return parser


if __name__ == "__main__":
    try:
        status = main()
    except SystemExit as ended:
        status = ended.code if isinstance(ended.code, int) else 1
    # Everything is written and closed. Taking down the libraries' modules would only
    # keep whoever waits for the end of this process.
    logging.shutdown()
    sys.stdout.flush()
    os._exit(status)
