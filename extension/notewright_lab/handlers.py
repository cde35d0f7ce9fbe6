"""The HTTP handlers: one class, one route an answer."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import APIHandler
from jupyter_server.utils import url_path_join
from tornado import web

from notewright.errors import NotewrightError
from notewright_lab.answers import ANSWERS, NOTHING_YET, Answer, NothingYet, Question
from notewright_lab.errors import NoWorkspace, status_of
from notewright_lab.locate import workspace_root
from notewright_lab.readers import Readers

PREFIX = "notewright/api"


class RecordsHandler(APIHandler):
    """Answers one question about what is recorded for a notebook; only reads."""

    auth_resource = "notewright"
    SUPPORTED_METHODS = ("GET", "HEAD", "OPTIONS")

    def initialize(self, answer: Answer, nothing_yet: NothingYet | None, readers: Readers) -> None:
        """Take what the route holds."""
        self._answer = answer
        self._nothing_yet = nothing_yet
        self._readers = readers

    @web.authenticated
    @authorized
    async def get(self, item: str | None = None) -> None:
        """Reply with the answer's data, or with what is wrong and what to do."""
        served = Path(self.settings["server_root_dir"]).expanduser()
        question = Question(
            item=item, values={name: self.get_query_argument(name) for name in self._names()}
        )
        try:
            data = await self._data(served, question)
        except NotewrightError as error:
            self.set_status(status_of(error))
            data = error.record()
        self.set_header("Content-Type", "application/json; charset=UTF-8")
        self.set_header("Cache-Control", "no-store")
        await self.finish(json.dumps(_finite(data), allow_nan=False))

    async def _data(self, served: Path, question: Question) -> Any:
        notebook = question.values.get("path", "")
        try:
            root = await self._readers.run(lambda: workspace_root(served, notebook))
        except NoWorkspace as missing:
            if self._nothing_yet is None:
                raise
            return self._nothing_yet(missing)
        return await self._readers.read(root, lambda ws: self._answer(ws, question))

    def _names(self) -> list[str]:
        return list(self.request.query_arguments)


def routes(base_url: str) -> list[tuple[str, type[RecordsHandler], dict[str, Any]]]:
    """Return a route for every answer, under the server's base URL."""
    readers = Readers()
    return [
        (
            url_path_join(base_url, PREFIX, pattern),
            RecordsHandler,
            {"answer": answer, "nothing_yet": NOTHING_YET.get(pattern), "readers": readers},
        )
        for pattern, answer in ANSWERS.items()
    ]


def _finite(value: Any) -> Any:
    """Return `value` with NaN and infinities as words: JSON has no such numbers."""
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, dict):
        return {str(key): _finite(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(entry) for entry in value]
    return value
