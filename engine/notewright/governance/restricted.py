"""Which restricted columns somebody may not see: the policy names them, the rules decide."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from notewright.errors import (
    AccessDenied,
    KeyProblem,
    PersonUnknown,
    PolicyMissing,
    StoreReadOnly,
)
from notewright.governance.authority import Resource
from notewright.governance.policy import Restricted, load_restricted
from notewright.state.withheld import NOTHING, Withheld, Withholding

if TYPE_CHECKING:
    from notewright.governance.identities import Identity
    from notewright.governance.roles import Roles

_ACTION = "data.read"
#: Size, time of change and inode of the policy: while they are the same, so is what it says.
_Stamp = tuple[int, int, int]


class RestrictedColumns:
    """The restricted columns of one workspace.

    Parameters
    ----------
    path : Path
        Where the policy is. It is read when it has changed; without restricted columns nothing
        else is asked, so that nobody waits for what they do not use.
    roles : callable
        Returns who may do what.
    me : callable
        Returns who asks by default.
    mark : callable
        Returns words that are others whenever a role may have been given or taken.
    """

    def __init__(
        self,
        path: Path,
        roles: Callable[[], Roles],
        me: Callable[[], Identity],
        mark: Callable[[], str],
    ) -> None:
        self._path = path
        self._roles = roles
        self._me = me
        self._mark = mark
        self._read: tuple[_Stamp | None, tuple[Restricted, ...]] = (None, ())
        #: The last answer, and what it was the answer to: asking the rules takes milliseconds.
        self._last: tuple[Any, Withholding] = (None, NOTHING)

    def now(self, identity: Identity | None = None) -> Withholding:
        """Return what is withheld from `identity`, by default from whose process it is.

        Raises
        ------
        PolicyError
            If it is not understood what the policy says of the data: then nobody knows what is
            restricted.
        """
        columns = self._columns()
        if not columns:
            return NOTHING
        if identity is not None:
            return self._asked(columns, identity)  # each time: whether they hold the key as well
        # The mark is from before: what changes meanwhile is asked about again.
        question = (columns, self._mark())
        if question != self._last[0]:
            try:
                self._last = (question, self._asked(columns, None))
            except PersonUnknown:
                return _without(columns)  # not kept: in the next moment they may be known
        return self._last[1]

    def _asked(self, columns: tuple[Restricted, ...], identity: Identity | None) -> Withholding:
        return _without(column for column in columns if not self._may_see(identity, column))

    def refuse(self, withheld: Withheld, of: str, identity: Identity | None = None) -> NoReturn:
        """Refuse somebody a column that they asked for, and record it.

        Parameters
        ----------
        withheld : Withheld
            The column.
        of : str
            What it is a column of, in words.
        identity : Identity, optional
            Who asked; whose process it is by default.

        Raises
        ------
        AccessDenied
        """
        about = self._resource(withheld.column, withheld.roles)
        about = replace(about, words=f"{about.words} of {of}")
        self._roles().require(identity or self._me(), _ACTION, about)
        raise AssertionError("what is withheld is not allowed")

    def _columns(self) -> tuple[Restricted, ...]:
        try:
            found = self._path.stat()
            stamp = (found.st_size, found.st_mtime_ns, found.st_ino)
            if stamp != self._read[0]:
                self._read = (stamp, load_restricted(self._path))
        except (FileNotFoundError, PolicyMissing):
            return ()
        return self._read[1]

    def _may_see(self, identity: Identity | None, column: Restricted) -> bool:
        try:
            who = identity or self._me()
            return self._roles().allows(who, _ACTION, self._resource(column.column, column.roles))
        except (AccessDenied, KeyProblem, StoreReadOnly):
            # Nobody who is known here: without the key, with another, or not to be registered.
            return False

    def _resource(self, column: str, roles: tuple[str, ...]) -> Resource:
        owners = self._roles().resource().owners
        return Resource("Column", column, owners, f"the column '{column}'", roles)


def _without(columns: Iterable[Restricted]) -> Withholding:
    return Withholding(tuple(Withheld(each.column, each.roles) for each in columns))
