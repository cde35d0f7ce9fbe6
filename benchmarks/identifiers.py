"""How well personal data are found, by locale: `python benchmarks/identifiers.py`.

The texts and tables are those of the tests (tests/governance/labelled/), made by Faker. Names and
addresses are guessed from words, so they are a column of their own. Prints a table and writes
benchmarks/results/identifiers.json.
"""

from __future__ import annotations

import json
import platform
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
RESULTS = Path(__file__).parent / "results"


def main() -> None:
    """Make, look, print, write."""
    try:
        import faker  # noqa: F401
    except ModuleNotFoundError:
        print("left out: Faker is not installed (`pip install faker`)")
        return
    sys.path.insert(0, str(ROOT))
    from tests.governance.labelled.people import GUESSED, LOCALES, People
    from tests.governance.labelled.scoring import score_columns, score_texts

    heads = ("with a form", "columns", "names", "addresses")
    print(f"{'recall / precision':<20}" + "".join(f"{head:>16}" for head in heads))
    document: dict[str, object] = {"python": platform.python_version()}
    for locale in LOCALES:
        texts = score_texts(People(locale, 7), 1000)
        columns = score_columns(People(locale, 7), 500)
        pairs = [(score.recall(score.patterned), score.precision(score.patterned))
                 for score in (texts, columns)]  # fmt: skip
        pairs += [(texts.recall([kind]), texts.precision([kind])) for kind in GUESSED]
        print(f"{locale:<20}" + "".join(f"{r:>9.3f} /{p:>5.2f}" for r, p in pairs))
        document[locale] = dict(zip(heads, pairs, strict=True))
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "identifiers.json").write_text(json.dumps(document, indent=1) + "\n")


if __name__ == "__main__":
    main()
