"""The HTTP surface: Open Inference Protocol v2, health and metrics."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from notewright.serving import metrics as metrics_module
from notewright.serving.metrics import Metrics
from notewright.serving.model import PackageModel
from notewright.serving.schema import InferRequest, Refused
from notewright.serving.spool import Entry
from notewright.serving.writer import LogFull, LogWriter
from notewright.store.ids import new_id, now

_LOGGER = logging.getLogger("notewright.serving")
_MODEL = "/v2/models/{name}"


@dataclass(frozen=True)
class Limits:
    """What one request may ask for."""

    body_bytes: int = 16 * 1024 * 1024
    rows: int = 100_000
    #: Requests that may wait for the model; more are told to come back (503).
    waiting: int = 1024


class Inference:
    """Answers inference requests for one loaded package and logs each.

    Predictions run one at a time in a thread of their own, so health checks are
    answered meanwhile and the package's code need not be thread-safe.

    Parameters
    ----------
    model : PackageModel
        What predicts.
    name, version, deployment : str
        What answers carry and the log keeps.
    log : LogWriter or None
        None serves without a log.
    """

    def __init__(
        self,
        model: PackageModel,
        name: str,
        version: str,
        deployment: str = "",
        log: LogWriter | None = None,
        limits: Limits | None = None,
    ) -> None:
        self.model = model
        self.name = name
        self.version = version
        self.deployment = deployment
        self.log = log
        self.limits = limits or Limits()
        self.metrics = Metrics(name, version)
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="predict")
        self._waiting = 0

    async def answer(self, request: Request) -> Response:
        """Return the response to one inference request, whatever it holds."""
        started = time.perf_counter()
        prediction = new_id()
        if self._waiting >= self.limits.waiting:
            return self._refuse(prediction, Refused("Too many requests wait.", 503), started)
        self._waiting += 1
        try:
            body = await self._body(request)
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(
                self._executor, self._predict, prediction, body, started
            )
        except Refused as refused:
            return self._refuse(prediction, refused, started)
        except LogFull as error:
            _LOGGER.error("prediction log: %s", error)
            return self._refuse(
                prediction, Refused("The prediction log cannot be written.", 503), started
            )
        except Exception:
            _LOGGER.exception("prediction %s failed", prediction)
            sentence = f"The model failed on this request; the server's log has it as {prediction}."
            return self._refuse(prediction, Refused(sentence, 500), started)
        finally:
            self._waiting -= 1

    def close(self) -> None:
        """Finish what runs and write the log."""
        self._executor.shutdown(wait=True)
        if self.log is not None:
            self.log.close()

    def _predict(self, prediction: str, body: bytes, started: float) -> Response:
        asked = self.model.schema.parse(body, self.limits.rows)
        notices = self.model.schema.notices(asked)
        outputs = json.dumps(self._inferred(asked, notices), separators=(",", ":")).encode()
        parameters: dict[str, Any] = {}
        if asked.client_id is not None:
            parameters["request_id"] = asked.client_id
        if notices:
            parameters["notices"] = " ".join(notices)
            self.metrics.outside()
        seconds = time.perf_counter() - started
        self._log(
            Entry(
                id=prediction,
                time=now(),
                deployment=self.deployment,
                status=200,
                milliseconds=round(seconds * 1000, 3),
                rows=asked.rows,
                client_id=asked.client_id,
                inputs=body,
                outputs=outputs,
            )
        )
        self.metrics.answered(200, seconds, asked.rows)
        head = {
            "model_name": self.name,
            "model_version": self.version,
            "id": prediction,
            "parameters": parameters,
        }
        content = json.dumps(head, separators=(",", ":"))[:-1].encode()
        return Response(
            b"".join((content, b',"outputs":', outputs, b"}")), media_type="application/json"
        )

    def _inferred(self, asked: InferRequest, notices: list[str]) -> list[dict[str, Any]]:
        """Return the model's answer; a model may refuse values that training never saw."""
        try:
            return self.model.infer(asked)
        except ValueError as error:
            if not notices:
                raise
            _LOGGER.warning("no answer to values that training never saw: %s", error)
            raise Refused(" ".join((*notices, "The model has no answer to them."))) from error

    def _refuse(self, prediction: str, refused: Refused, started: float) -> Response:
        seconds = time.perf_counter() - started
        entry = Entry(
            id=prediction,
            time=now(),
            deployment=self.deployment,
            status=refused.status,
            milliseconds=round(seconds * 1000, 3),
            rows=0,
            error=refused.sentence[:300],
        )
        try:
            self._log(entry, wait=False)
        except LogFull:
            self.metrics.unlogged()
        self.metrics.answered(refused.status, seconds, 0)
        return problem(refused.sentence, refused.status)

    def _log(self, entry: Entry, *, wait: bool = True) -> None:
        if self.log is not None:
            self.log.append(entry, wait=wait)

    async def _body(self, request: Request) -> bytes:
        content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if content_type != "application/json":
            # Also what keeps a web page's plain form from reaching a loopback server.
            raise Refused("The content type must be application/json.", 415)
        if "inference-header-content-length" in request.headers:
            raise Refused("Binary tensors are not supported; send 'data' as JSON.")
        limit = self.limits.body_bytes
        declared = request.headers.get("content-length", "0")
        if declared.isdigit() and int(declared) > limit:
            raise Refused(f"The body is larger than {limit} bytes.", 413)
        chunks, size = [], 0
        async for chunk in request.stream():
            size += len(chunk)
            if size > limit:
                raise Refused(f"The body is larger than {limit} bytes.", 413)
            chunks.append(chunk)
        return b"".join(chunks)


def make_app(inference: Inference) -> Starlette:
    """Return the application that serves `inference`.

    Errors are JSON, ``{"error": sentence}``, and never show the server's insides.
    """

    async def http_error(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        words = {404: "There is nothing at this path.", 405: "This path takes another method."}
        return problem(words.get(error.status_code, str(error.detail)), error.status_code)

    async def unexpected(request: Request, error: Exception) -> Response:
        return problem("The server failed to answer.", 500)

    # Starlette alone: what FastAPI adds is not used here and takes long to import.
    return Starlette(
        routes=[*_health_routes(inference), *_model_routes(inference)],
        exception_handlers={HTTPException: http_error, Exception: unexpected},
    )


def _health_routes(inference: Inference) -> list[Route]:
    async def live(request: Request) -> Response:
        return _json({"live": True})

    async def ready(request: Request) -> Response:
        stuck = inference.log.problem if inference.log is not None else None
        if stuck:
            return problem("The prediction log cannot be written.", 503)
        return _json({"ready": True})

    async def metrics(request: Request) -> Response:
        return Response(inference.metrics.text(), media_type=metrics_module.CONTENT_TYPE)

    return [
        Route("/v2/health/live", live),
        Route("/v2/health/ready", ready),
        Route("/metrics", metrics),
    ]


def _model_routes(inference: Inference) -> list[Route]:
    def known(request: Request) -> Response | None:
        name, version = request.path_params["name"], request.path_params.get("version")
        if name != inference.name:
            return problem(
                f"There is no model {name[:64]!r} here; there is {inference.name!r}.", 404
            )
        if version not in (None, inference.version):
            return problem(
                f"There is no version {version[:64]!r} here; there is {inference.version!r}.", 404
            )
        return None

    async def server(request: Request) -> Response:
        from importlib.metadata import PackageNotFoundError, version

        try:
            number = version("notewright")
        except PackageNotFoundError:  # run from a checkout that is not installed
            number = "0"
        return _json({"name": "notewright", "version": number, "extensions": []})

    async def metadata(request: Request) -> Response:
        return known(request) or _json(_metadata(inference))

    async def ready(request: Request) -> Response:
        return known(request) or _json({"name": inference.name, "ready": True})

    async def infer(request: Request) -> Response:
        return known(request) or await inference.answer(request)

    routes = [Route("/v2", server)]
    for path in (_MODEL, _MODEL + "/versions/{version}"):
        routes += [
            Route(path, metadata),
            Route(path + "/ready", ready),
            Route(path + "/infer", infer, methods=["POST"]),
        ]
    return routes


def _metadata(inference: Inference) -> dict[str, Any]:
    return {
        "name": inference.name,
        "versions": [inference.version],
        "platform": "notewright-package",
        "inputs": [
            {"name": column.name, "datatype": column.datatype, "shape": [-1, 1]}
            for column in inference.model.schema.columns
        ],
        "outputs": [dict(output) for output in inference.model.outputs],
    }


def problem(sentence: str, status: int) -> Response:
    """Return an error response."""
    return _json({"error": sentence}, status)


def _json(content: Any, status: int = 200) -> Response:
    # ASCII escapes: hostile text (lone surrogates) cannot break the answer.
    return Response(json.dumps(content), status_code=status, media_type="application/json")
