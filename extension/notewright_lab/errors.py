"""What can be wrong with a question before the engine sees it, and its HTTP status."""

from __future__ import annotations

from notewright.errors import NotewrightError


class BadPath(NotewrightError):
    """The notebook's path leads out of the server's folder."""

    code = "bad_path"

    def __init__(self) -> None:
        super().__init__(
            "The path of the notebook leads out of the folder that this Jupyter server serves.",
            "Start Jupyter in a folder that holds the whole project.",
        )


class NoWorkspace(NotewrightError):
    """Nothing was recorded above this notebook yet."""

    code = "no_workspace"

    def __init__(self) -> None:
        super().__init__(
            "Nothing is recorded for this notebook yet.",
            "Run `%load_ext notewright` in its first cell. If its project folder is above the "
            "folder that Jupyter serves, start Jupyter in the project folder.",
        )


class BadQuestion(NotewrightError):
    """A query parameter is missing or off."""

    code = "bad_question"

    def __init__(self, name: str, expected: str) -> None:
        super().__init__(f"The parameter '{name}' is missing or off.", f"Give it {expected}.")


class AlreadyExporting(NotewrightError):
    """One notebook is exported once at a time."""

    code = "already_exporting"

    def __init__(self) -> None:
        super().__init__(
            "An export of this notebook is under way.", "Wait for its end, or cancel it."
        )


_STATUS = {
    "access_denied": 403,
    "already_exporting": 409,
    "ambiguous_id": 409,
    "bad_path": 403,
    "no_workspace": 404,
    "person_unknown": 403,
    "ref_moved": 409,
    "unknown_id": 404,
    "unknown_variable": 404,
    "untrusted_store": 403,
}


def status_of(error: NotewrightError) -> int:
    """Return the HTTP status, always 4xx, that goes with an error of the user's."""
    return _STATUS.get(error.code, 400)
