"""What a package leaves out for whoever exports it and may not see some columns.

Data files with such a column are not carried, its golden values are made up, and its range is not
in the schema. What the model learned of it stays: without, there is no model.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from notewright.state.file_columns import withheld_in_file
from notewright.state.withheld import Withheld, Withholding, withheld_words

#: What a package's own files may hold of raw rows.
_ROWS = ("data/*", "tests/*.csv")


def withheld_columns(table: Any, withholding: Withholding) -> list[str]:
    """Return the columns of a table that are withheld, as the table names them."""
    return [str(name) for name in table.columns if withholding.find(name) is not None]


def finding(withheld: Iterable[Withheld]) -> str:
    """Return the sentence that names what a package does without, and what it has all the same.

    Examples
    --------
    >>> finding([Withheld("income", ())])[:45]
    'Values are withheld: income (nobody may see i'
    """
    return (
        f"Values are {withheld_words(tuple(withheld))}: no data file that has them is carried, "
        "golden rows have made-up ones in their place, and the schema has no range. What the "
        "model learned of these columns (categories, means, the bins that drift is measured in, "
        "the model itself) is in the package, because it cannot answer without."
    )


def withheld_in_tree(
    tree: Path, withholding: Withholding, made_up: Iterable[str]
) -> dict[str, tuple[Withheld, ...]]:
    """Return which files of a package have raw values that are withheld.

    Parameters
    ----------
    tree : Path
        The package's files.
    withholding : Withholding
    made_up : iterable of str
        Columns whose golden values are made up.
    """
    invented = Withholding(withholding.among(made_up))
    found = {}
    for file in sorted(file for words in _ROWS for file in tree.glob(words) if file.is_file()):
        withheld = withheld_in_file(file.read_bytes(), file.name, withholding)
        if file.parent.name == "tests":
            withheld = tuple(each for each in withheld if each not in invented.columns)
        if withheld:
            found[file.relative_to(tree).as_posix()] = withheld
    return found
