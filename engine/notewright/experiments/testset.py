"""How often a set of held-out rows was used to choose, and when it is worn out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from notewright.experiments.run import Run
from notewright.store import Store
from notewright.store.canonical import canonical, digest_of
from notewright.store.ids import now

if TYPE_CHECKING:
    from notewright.experiments.pairs import Difference

#: With this many choices at 5 % each, a false winner is more likely than not
#: (1 - 0.95^14 = 0.51).
WORN_AFTER = 14


@dataclass(frozen=True)
class TestSetUse:
    """What a test set has been through.

    Parameters
    ----------
    row_digest : str
    rows : int
    uses : int
        Different choices made on it, this one included.
    models : int
        Different models scored on it.
    worn_out : bool
        Whether its evidence no longer carries a choice.
    sentence : str
    """

    __test__ = False  # not a test case, whatever its name

    row_digest: str
    rows: int
    uses: int
    models: int
    worn_out: bool
    sentence: str


def use_of(
    store: Store,
    runs: Sequence[Run],
    rows: int,
    differences: Sequence[Difference],
    *,
    count: bool,
) -> TestSetUse:
    """Return how worn the test set of `runs` is, counting this choice if `count`.

    The same predictions compared again are the same choice.
    """
    row_digest = str(runs[0].row_digest)
    choice = digest_of(canonical(sorted({str(run.evaluation) for run in runs})))
    catalog = store.catalog
    if count and len(runs) > 1:
        with catalog.transaction() as connection:
            connection.execute(
                "INSERT INTO test_set_uses(row_digest, choice, first_used)"
                " VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
                (row_digest, choice, now()),
            )
    used = catalog.query("SELECT choice FROM test_set_uses WHERE row_digest = ?", (row_digest,))
    uses = len({choice, *(row["choice"] for row in used)})
    scored = catalog.one(
        "SELECT COUNT(DISTINCT COALESCE(model_fingerprint, id)) AS n FROM runs"
        " WHERE row_digest = ?",
        (row_digest,),
    )
    models = 0 if scored is None else int(scored["n"])
    lost = [d for d in differences if d.significant and d.p_adjusted * uses >= 0.05]
    kept = [d for d in differences if d.significant and d.p_adjusted * uses < 0.05]
    worn = uses >= WORN_AFTER or (bool(lost) and not kept)
    times = "once" if uses == 1 else f"{uses} times"
    sentence = f"These {rows} test rows have been used {times} to choose, among {models} models."
    if worn:
        why = (
            "a winner by luck alone is now more likely than not"
            if uses >= WORN_AFTER
            else "counting those choices, the difference no longer stands out from luck"
        )
        sentence += f" Their evidence is worn out: {why}. Choose on fresh rows."
    return TestSetUse(row_digest, rows, uses, models, worn, sentence)
