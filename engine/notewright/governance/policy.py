"""What a project demands of its models: the parsed ``policy.yaml``."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from notewright.errors import PolicyMissing, UsageError
from notewright.store.canonical import canonical, digest_of

FILE_NAME = "policy.yaml"


@dataclass(frozen=True)
class Sensitive:
    """A column by which people must not be treated differently.

    Parameters
    ----------
    column : str
        Its name in the raw table.
    bands : tuple of float
        Where to cut a numeric column, rising; empty for one group a value.
    """

    column: str
    bands: tuple[float, ...] = ()


@dataclass(frozen=True)
class Restricted:
    """A column whose values only some may see.

    Parameters
    ----------
    column : str
        Its name, in whatever table.
    roles : tuple of str
        The roles that may; nobody if empty.
    """

    column: str
    roles: tuple[str, ...] = ()


@dataclass(frozen=True)
class DataRules:
    """What the columns mean.

    Parameters
    ----------
    favourable : scalar or None
        The outcome that is good for the person; the run's positive label by default.
    sensitive : tuple of Sensitive
        Columns that the bias checks compare groups of.
    intersections : bool
        Whether groups by two of these columns together are compared too.
    quasi_identifiers : tuple of str
        Columns that others may know of a person; found by name if empty.
    restricted : tuple of Restricted
        Columns that are withheld from those who may not see them.
    """

    favourable: Any = None
    sensitive: tuple[Sensitive, ...] = ()
    intersections: bool = True
    quasi_identifiers: tuple[str, ...] = ()
    restricted: tuple[Restricted, ...] = ()


@dataclass(frozen=True)
class GateRules:
    """What a version needs to pass one gate.

    Parameters
    ----------
    checks : tuple of str
        Families (``"bias"``) and single checks (``"bias.selection_rate_ratio"``).
    approvals : tuple of str
        One role for each approval that is needed, by different people.
    valid_days : int
        How long an approval can open it, counted from its signature.
    """

    checks: tuple[str, ...]
    approvals: tuple[str, ...] = ()
    valid_days: int = 30


@dataclass(frozen=True)
class Waiver:
    """A failure that the project lives with until a date.

    Parameters
    ----------
    check, reason, owner : str
        Which check, why, and who answers for it.
    until : str
        Last day it holds, ISO 8601.
    subject : str
        Only findings about this column or field; all by default.
    """

    check: str
    reason: str
    owner: str
    until: str
    subject: str = ""


@dataclass(frozen=True)
class CheckRules:
    """The settings of one check.

    Parameters
    ----------
    run : bool
        Whether it runs.
    severity : str or None
        How bad a failure is; the check's own word by default.
    acceptable : bool or None
        Whether an approval may accept a failure; the check's own word by default.
    options : dict
        The check's own settings, defaults filled in.
    """

    run: bool = True
    severity: str | None = None
    acceptable: bool | None = None
    options: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Retention:
    """What stays for how long.

    Parameters
    ----------
    last, daily : int
        Snapshots that `gc` keeps at least: the newest, and the last of each of the newest days.
    predictions : int or None
        Days for which requests and answers are kept, and after which `erase` erases them.
    """

    last: int = 0
    daily: int = 0
    predictions: int | None = None


@dataclass(frozen=True)
class Policy:
    """A project's policy.

    Parameters
    ----------
    digest : str
        BLAKE3 over the canonical JSON of :attr:`source`; comments do not count.
    source : dict
        The file's content as JSON values.
    documentation : dict
        What the project says of the model: ``intended_use`` and the like.
    data : DataRules
        What the columns mean.
    checks : dict of CheckRules
        The settings, by check name.
    gates : dict of GateRules
        The gates, by name.
    waivers : tuple of Waiver
        Failures that are waived.
    retention : Retention
        What stays for how long.
    """

    digest: str
    source: dict[str, Any]
    documentation: dict[str, Any]
    data: DataRules
    checks: dict[str, CheckRules]
    gates: dict[str, GateRules]
    waivers: tuple[Waiver, ...]
    retention: Retention = Retention()


def load_policy(path: Path) -> Policy:
    """Read a policy file.

    Raises
    ------
    PolicyMissing
        If there is no such file.
    PolicyError
        If it says something that is not understood; names the line and column.
    """
    return parse_policy(_text(path), path)


def load_restricted(path: Path) -> tuple[Restricted, ...]:
    """Read the restricted columns of a policy file, and nothing else: it is asked for often.

    Raises
    ------
    PolicyMissing
        If there is no such file.
    PolicyError
        If it is not understood what it says of the data.
    """
    from notewright.governance.policy_schema import schema_of_data
    from notewright.governance.yaml_file import read_yaml

    return _restricted(read_yaml(_text(path), schema_of_data(), path).get("data", {}))


def _restricted(data: dict[str, Any]) -> tuple[Restricted, ...]:
    said = data.get("restricted", {})
    return tuple(Restricted(column, tuple(roles)) for column, roles in said.items())


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise PolicyMissing(path) from None
    except OSError as error:
        raise UsageError(
            f"The policy at {path} cannot be read: {(error.strerror or str(error)).lower()}.",
            "Put a file there that you may read.",
        ) from error
    except UnicodeDecodeError as error:
        raise UsageError(
            f"{path} is not text in UTF-8.",
            "Save it as UTF-8, or move it away and let `%nw policy init` write a fresh one.",
        ) from error


def parse_policy(text: str, path: Path = Path(FILE_NAME)) -> Policy:
    r"""Return the policy that `text` says; `path` is only for messages.

    Examples
    --------
    >>> parse_policy("version: 1\ndata: {favorable: good}")
    Traceback (most recent call last):
    notewright.errors.PolicyError: policy.yaml, line 2, column 8: 'favorable' is not known here. ...
    """
    from notewright.governance.checks.registry import all_checks
    from notewright.governance.policy_schema import schema
    from notewright.governance.yaml_file import read_yaml

    checks = all_checks()
    source = read_yaml(text, schema(checks), path)
    given = source.get("checks", {})
    rules = {}
    for name, check in checks.items():
        family, _, rest = name.partition(".")
        said = dict(given.get(family, {}).get(rest, {}))
        common = {key: said.pop(key) for key in ("run", "severity", "acceptable") if key in said}
        defaults = {key: option.default for key, option in check.options.items()}
        common = {"run": check.runs, **common}
        rules[name] = CheckRules(**common, options={**defaults, **said})
    data = source.get("data", {})
    return Policy(
        digest=digest_of(canonical(source)),
        source=source,
        documentation=source.get("documentation", {}),
        data=DataRules(
            favourable=data.get("favourable"),
            sensitive=tuple(
                Sensitive(column, tuple(sorted(said.get("bands", ()))))
                for column, said in data.get("sensitive", {}).items()
            ),
            intersections=data.get("intersections", True),
            quasi_identifiers=tuple(data.get("quasi_identifiers") or ()),
            restricted=_restricted(data),
        ),
        checks=rules,
        gates={
            name: GateRules(
                tuple(said.get("checks", ())),
                tuple(said.get("approvals", ())),
                said.get("valid_days", 30),
            )
            for name, said in source.get("gates", {}).items()
        },
        waivers=tuple(Waiver(**said) for said in source.get("waivers", ())),
        retention=Retention(
            **source.get("retention", {}).get("snapshots", {}),
            predictions=source.get("retention", {}).get("predictions", {}).get("days"),
        ),
    )


def write_template(path: Path) -> Path:
    """Write the commented template to `path`; an existing file is never overwritten.

    Raises
    ------
    UsageError
        If there is a file already.
    """
    from importlib import resources

    template = resources.files("notewright.governance") / "policy_template.yaml"
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(template.read_text(encoding="utf-8"))
    except FileExistsError:
        raise UsageError(
            f"There is a policy at {path} already.", "Edit it; `%nw policy` checks what it says."
        ) from None
    except OSError as error:
        raise UsageError(
            f"The policy cannot be written to {path}: {(error.strerror or str(error)).lower()}.",
            "Free space or mend the folder's permissions.",
        ) from error
    return path
