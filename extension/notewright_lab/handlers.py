"""The HTTP handlers: one class, one route an answer."""

from __future__ import annotations

import json
import math
from collections.abc import Awaitable
from pathlib import Path
from typing import Any

from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import APIHandler
from jupyter_server.utils import url_path_join
from tornado import web

from notewright.afresh.document import names_fitted, read_document
from notewright.afresh.export import Wish
from notewright.errors import NotewrightError
from notewright_lab.answers import (
    ANSWERS,
    NOTHING_YET,
    Answer,
    NothingYet,
    Question,
    optional_name,
    optional_variable,
)
from notewright_lab.errors import BadQuestion, NoWorkspace, status_of
from notewright_lab.exports import ExportJobs
from notewright_lab.locate import notebook_file, workspace_root
from notewright_lab.persons import named_person, require_own_server
from notewright_lab.readers import Readers

PREFIX = "notewright/api"


class _Handler(APIHandler):
    """Replies with JSON, or with what is wrong and what to do."""

    auth_resource = "notewright"

    @property
    def served(self) -> Path:
        """The folder that the server serves."""
        return Path(self.settings["server_root_dir"]).expanduser()

    async def reply(self, work: Awaitable[Any]) -> None:
        """Reply with what `work` gives."""
        try:
            data = await work
        except NotewrightError as error:
            self.set_status(status_of(error))
            data = error.record()
        self.set_header("Content-Type", "application/json; charset=UTF-8")
        self.set_header("Cache-Control", "no-store")
        await self.finish(json.dumps(_finite(data), allow_nan=False))


class RecordsHandler(_Handler):
    """Answers one question about what is recorded for a notebook; only reads."""

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
        values = {name: self.get_query_argument(name) for name in self.request.query_arguments}
        await self.reply(self._data(Question(self.served, item, values)))

    async def _data(self, question: Question) -> Any:
        notebook = question.values.get("path", "")
        try:
            root = await self._readers.run(lambda: workspace_root(question.served, notebook))
        except NoWorkspace as missing:
            if self._nothing_yet is None:
                raise
            return self._nothing_yet(missing)
        person = named_person(self)
        return await self._readers.read(root, lambda ws: self._answer(ws, question), person)


class ExportsHandler(_Handler):
    """The export of a notebook that is run from top to bottom in a fresh kernel."""

    SUPPORTED_METHODS = ("GET", "POST", "DELETE", "HEAD", "OPTIONS")

    def initialize(self, jobs: ExportJobs, readers: Readers) -> None:
        """Take what the route holds."""
        self._jobs = jobs
        self._readers = readers

    @web.authenticated
    @authorized
    async def get(self, item: str | None = None) -> None:
        """Reply with the notebook's export, or null."""
        await self.reply(self._readers.run(self._standing))

    @web.authenticated
    @authorized("execute")
    async def post(self, item: str | None = None) -> None:
        """Begin one."""
        await self.reply(self._readers.run(self._begin))

    @web.authenticated
    @authorized("execute")
    async def delete(self, item: str | None = None) -> None:
        """Cancel the one under way, or put away one that has ended."""
        await self.reply(self._readers.run(lambda: self._put_away(item or "")))

    def _notebook(self) -> Path:
        return notebook_file(self.served, self.get_query_argument("path", ""))

    def _standing(self) -> Any:
        job = self._jobs.of(self._notebook())
        return None if job is None else job.record()

    def _begin(self) -> Any:
        self._may_export()
        given = self._given()
        wish = Wish(
            self._notebook(),
            optional_variable(given, "variable"),
            optional_name(given, "name"),
        )
        return self._jobs.start(wish).record()

    def _may_export(self) -> None:
        """Refuse who may not export: the server knows who they are, a kernel does not."""
        require_own_server(self)
        person = named_person(self)
        if person is None:
            return  # the kernel acts as whose server this is, and is asked as they are
        try:
            root = workspace_root(self.served, self.get_query_argument("path", ""))
        except NoWorkspace:
            return  # nobody has a role yet
        workspace = self._readers.workspace(root, person)
        me = workspace.identities.me()
        workspace.roles.require(me, "export")
        workspace.audit.append("export.ask", self._notebook().name, {}, me)

    def _given(self) -> dict[str, Any]:
        """Return the request's body, which may be empty."""
        try:
            given = self.get_json_body()
        except UnicodeDecodeError:
            given = ""
        if given is None:
            return {}
        if not isinstance(given, dict):
            raise BadQuestion("body", "a JSON object")
        return given

    def _put_away(self, id_: str) -> Any:
        return self._jobs.put_away(self._notebook(), id_).record()


class ModelsHandler(_Handler):
    """What an export of a notebook that is not loaded in a kernel can be asked for."""

    SUPPORTED_METHODS = ("GET", "HEAD", "OPTIONS")

    def initialize(self, readers: Readers) -> None:
        """Take what the route holds."""
        self._readers = readers

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """Reply with the variables that the saved notebook calls `fit` on, the last first."""
        await self.reply(self._readers.run(self._names))

    def _names(self) -> Any:
        notebook = notebook_file(self.served, self.get_query_argument("path", ""))
        return names_fitted(read_document(notebook).cells)


Route = tuple[str, type[_Handler], dict[str, Any]]


def routes(base_url: str) -> list[Route]:
    """Return a route for every answer and for exports, under the server's base URL."""
    readers = Readers()
    reading: list[Route] = [
        (
            url_path_join(base_url, PREFIX, pattern),
            RecordsHandler,
            {"answer": answer, "nothing_yet": NOTHING_YET.get(pattern), "readers": readers},
        )
        for pattern, answer in ANSWERS.items()
    ]
    exporting = {"jobs": ExportJobs(), "readers": readers}
    return [
        *reading,
        (url_path_join(base_url, PREFIX, "models"), ModelsHandler, {"readers": readers}),
        (url_path_join(base_url, PREFIX, "exports"), ExportsHandler, exporting),
        (url_path_join(base_url, PREFIX, "exports/(?P<item>[0-9a-f]+)"), ExportsHandler, exporting),
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
