"""Whether people can be told from a table by what others know of them: k-anonymity."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from notewright.governance.checks.base import OF_TABLES, CannotRun, Check, Finding, Option
from notewright.governance.checks.columns import labels
from notewright.governance.checks.counting import number
from notewright.governance.checks.identifiers.pattern import words_of
from notewright.governance.checks.material import Material

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

#: What a column is called that says of a person what others may know,
_PERSON = re.compile(
    r"^(?:(?:person|customer|client|patient|applicant|employee|user|member|borrower|current|attained)"
    r" )?age(?: (?:in )?(?:years?|yrs?|group|band))?$"
    r"|\b(?:sex|gender|geschlecht|sexe|sexo|sesso|birth|dob|born|birthday|birthdate|geburtsdatum"
    r"|marital|marriage|civil status|personal status|family status|relationship|nationality"
    r"|citizenship|citizen|native country|race|ethnic\w*|religion|occupation|profession|job|beruf"
    r"|education|schooling|foreign worker|household size|number of children|dependents)\b"
)
#: and of the place where the person lives.
_PLACE = re.compile(
    r"\b(?:zip|zip ?codes?|post ?codes?|postal|plz|cap|code postal|codigo postal|cep|city|town"
    r"|municipality|county|district|province|neighbou?rhood|commune"
    r"|residence place|place of residence)\b"
)
#: Columns with more different values than this share of the rows are no attribute but a number.
_DISTINCT = 0.5
_PARTS = 5


@dataclass(frozen=True)
class Groups:
    """The groups of rows that agree in all quasi-identifiers.

    Parameters
    ----------
    sizes : array of int of shape (n,)
        For each row, how many rows are in its group, itself included.
    codes : array of int of shape (n,)
        For each row, the group it is in.
    """

    sizes: np.ndarray
    codes: np.ndarray

    @property
    def smallest(self) -> int:
        """The size of the smallest group: the k for which the table is k-anonymous."""
        return int(self.sizes.min())

    def share_below(self, k: int) -> float:
        """Return the share of rows in groups smaller than `k`."""
        return float((self.sizes < k).mean())


def groups_of(frame: pd.DataFrame) -> Groups:
    """Return the groups of equal rows; what is missing is a value like any other (Sweeney 2002).

    Examples
    --------
    >>> import pandas as pd
    >>> found = groups_of(pd.DataFrame({"age": [30, 30, 41], "sex": ["f", "f", "m"]}))
    >>> found.sizes.tolist(), found.smallest
    ([2, 2, 1], 1)
    """
    import numpy as np
    import pandas as pd

    codes = np.zeros(len(frame), dtype=np.int64)
    for place in range(frame.shape[1]):
        values = frame.iloc[:, place]
        if pd.api.types.is_object_dtype(values):
            values = values.map(lambda value: value if isinstance(value, str) else repr(value))
        own, kinds = pd.factorize(values, use_na_sentinel=False)
        # Numbered afresh each time, so that the product stays small.
        codes = pd.factorize(codes * (len(kinds) + 1) + own)[0]
    sizes: np.ndarray = np.bincount(codes)[codes]
    return Groups(sizes, codes)


def known_outcomes(groups: Groups, target: Sequence[Any], k: int) -> np.ndarray:
    """Return which rows are in a group of `k` or more that all have one outcome.

    Whoever knows that a person is in such a group knows the outcome, though not the row
    (distinct l-diversity of 1; Machanavajjhala et al. 2007).
    """
    import numpy as np
    import pandas as pd

    kinds = pd.DataFrame({"group": groups.codes, "target": pd.factorize(np.asarray(target))[0]})
    distinct = kinds.groupby("group")["target"].nunique().to_numpy()
    known: np.ndarray = (distinct[groups.codes] == 1) & (groups.sizes >= k)
    return known


def quasi_identifiers(frame: pd.DataFrame) -> list[str]:
    """Return the columns that others may know of a person, found by name and type.

    None, unless one of them is about a person: a table of shops has a city too.
    """
    import pandas as pd

    people: list[str] = []
    places: list[str] = []
    for column in frame.columns:
        words = words_of(str(column))
        about = bool(_PERSON.search(words))
        if not about and not _PLACE.search(words):
            continue
        values = frame[column]
        if isinstance(values, pd.DataFrame):  # two columns of one name
            continue
        spread = values.nunique() / max(1, len(values))
        fractions = pd.api.types.is_float_dtype(values) and not (values.dropna() % 1 == 0).all()
        if fractions or (spread > _DISTINCT and not re.search(r"birth|dob|zip|post", words)):
            continue
        (people if about else places).append(str(column))
    return people + places if people else []


def coarser(values: pd.Series) -> tuple[pd.Series, str]:
    """Return a column in coarser steps, and in words how to make it so."""
    import pandas as pd

    kinds = pd.api.types
    words = words_of(str(values.name))
    if kinds.is_datetime64_any_dtype(values):
        return values.dt.year // 10, "only the decade"
    if re.search(r"zip|post|plz|cep", words):
        return values.astype(str).str[:2], "only its first two characters"
    if kinds.is_numeric_dtype(values) and not kinds.is_bool_dtype(values):
        if values.nunique() > _PARTS:
            bands = pd.qcut(values.astype(float), _PARTS, duplicates="drop", labels=False)
            return bands, f"in {_PARTS} bands"
        return values, ""
    if values.nunique() > _PARTS:
        common = values.value_counts().index[: _PARTS - 1]
        return values.astype(object).where(values.isin(common), "other"), "its rare values as one"
    return values, ""


def advice(frame: pd.DataFrame, k: int, allowed: float) -> tuple[list[str], float]:
    """Return what to coarsen, or to leave out where that is not enough, and what remains below `k`.

    Columns are taken greedily, the one first whose change helps most rows.
    """
    import pandas as pd

    steps = {column: coarser(frame[column]) for column in frame.columns}
    # As numbers of the different values, which are grouped fast.
    kept = frame.apply(lambda values: pd.factorize(values.astype(object))[0])
    said: dict[str, str] = {}
    share = groups_of(kept).share_below(k)
    for drop in (False, True):
        left = [column for column in kept.columns if drop or steps[column][1]]
        while share > allowed and left:
            tried = {}
            for column in left:
                changed = kept.drop(columns=[column])
                if not drop:
                    changed[column] = pd.factorize(steps[column][0].astype(object))[0]
                tried[column] = (groups_of(changed).share_below(k), changed)
            column = min(tried, key=lambda name: tried[name][0])
            if tried[column][0] >= share:
                break
            share, kept = tried[column]
            left.remove(column)
            said[column] = "left out" if drop else steps[column][1]
    return [f"'{column}' {how}" for column, how in said.items()], share


class Reidentification(Check):
    """Finds tables in which few rows agree in what others may know of a person."""

    name = "privacy.reidentification"
    subjects = OF_TABLES
    summary = "Every row agrees with others in what may be known of a person (k-anonymity)."
    severity = "warning"
    acceptable = True
    options: ClassVar[Mapping[str, Option]] = {
        "k": Option(5, "Fewest rows that have to agree.", minimum=2),
        "max_share": Option(0.0, "Largest share of rows in smaller groups.", minimum=0, maximum=1),
        "max_known": Option(
            0.05, "Largest share of rows whose group all has one outcome.", minimum=0, maximum=1
        ),
    }

    def run(self, material: Material, options: Mapping[str, Any]) -> Iterable[Finding]:
        """Judge the size of the groups, and whether they give the outcome away."""
        table, frame = material.raw
        named = material.policy.data.quasi_identifiers
        absent = [column for column in named if column not in frame.columns]
        if absent:
            raise CannotRun(
                f"'{table}' has no column '{absent[0]}', which the policy names as a "
                "quasi-identifier.",
                "Correct `data: quasi_identifiers:` in policy.yaml.",
            )
        columns = list(named) or quasi_identifiers(frame)
        if not columns or frame.empty:
            yield self.finding(
                True,
                f"No column of '{table}' is called like what others know of a person, such as an "
                "age or a job.",
            )
            return
        groups = groups_of(frame[columns])
        yield self._size(table, frame, columns, groups, options)
        yield from self._outcome(material, table, columns, groups, options)

    def _size(
        self,
        table: str,
        frame: pd.DataFrame,
        columns: list[str],
        groups: Groups,
        options: Mapping[str, Any],
    ) -> Finding:
        k, share = options["k"], groups.share_below(options["k"])
        small = groups.sizes < k
        passed = share <= options["max_share"]
        names = ", ".join(f"'{column}'" for column in columns)
        if passed:
            sentence = (
                f"Every row of '{table}' agrees with {groups.smallest - 1} others or more in "
            )
            sentence += names + "."
            if small.any():
                sentence = f"{int(small.sum())} of {number(len(small), 'row')} of '{table}' agree "
                sentence += f"with fewer than {k - 1} others in {names}; the policy allows that."
            return self.finding(True, sentence, **self._figures(groups, options))
        alone = int((groups.sizes == 1).sum())
        unlike = f", {alone} of them with none" if alone else ""
        steps, rest = advice(frame[columns], k, options["max_share"])
        return self.finding(
            False,
            f"{int(small.sum())} of {number(len(small), 'row')} of '{table}' ({share:.1%}) agree "
            f"with fewer than {k - 1} others in {names}{unlike}: who knows "
            "these of a person can find the row.",
            remedy=f"Before the table or example rows leave the house, coarsen: {', '.join(steps)}"
            f" ({rest:.0%} of the rows would be left in small groups)."
            if steps
            else "Leave rows out before the table or example rows leave the house.",
            subject=", ".join(columns),
            rows=labels(frame.index[small]),
            **self._figures(groups, options),
        )

    def _figures(self, groups: Groups, options: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "metric": "share_in_small_groups",
            "value": groups.share_below(options["k"]),
            "threshold": float(options["max_share"]),
            "details": {"k": int(options["k"]), "smallest_group": groups.smallest},
        }

    def _outcome(
        self,
        material: Material,
        table: str,
        columns: list[str],
        groups: Groups,
        options: Mapping[str, Any],
    ) -> Iterable[Finding]:
        try:
            holder, target = material.target
        except CannotRun:
            return  # without labels there is no outcome to give away
        if holder != table or target.name in columns or target.nunique() > 20:
            return
        known = known_outcomes(groups, target.tolist(), options["k"])
        share = float(known.mean())
        names = ", ".join(f"'{column}'" for column in columns)
        yield self.finding(
            share <= options["max_known"],
            f"For {int(known.sum())} of {number(len(known), 'row')} of '{table}' ({share:.0%}), "
            f"all rows that agree in {names} have the same '{target.name}': who knows that a "
            "person is among them knows it.",
            remedy="Coarsen these columns until the groups hold different outcomes, or leave one "
            "out.",
            subject=str(target.name),
            metric="share_of_known_outcomes",
            value=share,
            threshold=float(options["max_known"]),
        )
