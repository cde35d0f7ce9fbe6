"""Tables read from an address: their rows are carried, and no secret leaves."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from addresses import served
from packaged import Command
from recorded import Notebook, sources

from notewright.errors import ExportFailed
from notewright.packaging.reading import Reading
from notewright.packaging.remote import remote_of, with_tables_named, without_secrets


@pytest.mark.parametrize(
    ("address", "left"),
    [
        ("https://data.example/a.csv", "https://data.example/a.csv"),
        ("https://ada:tea4two@data.example/a.csv", "https://data.example/a.csv"),
        ("s3://bucket/a.parquet?versionId=3", "s3://bucket/a.parquet"),
        ("https://data.example/a.csv?X-Amz-Signature=abc#x", "https://data.example/a.csv"),
        ("https://data.example/ghp_0123456789abcdefghijABCDEFGHIJ012345/a.csv", ""),
        ("https://[broken", ""),
        ("", ""),
    ],
)
def test_an_address_is_shown_without_what_may_be_secret(address: str, left: str) -> None:
    assert without_secrets(address) == left


@pytest.mark.parametrize(
    ("call", "address", "again"),
    [
        ("pd.read_csv('data/a.csv')", None, None),
        ("pd.read_csv(path)", None, None),
        (
            "pd.read_csv(BASE + '/a.csv', sep=SEP)",
            "https://x.example/a.csv",
            "pd.read_csv(sep=';')",
        ),
        ("pd.read_parquet(path=f'{BASE}/a')", "https://x.example/a", "pd.read_parquet()"),
        ("pd.read_csv(os.environ['TABLE'])", "", "pd.read_csv()"),
        ("pd.read_csv(f'https://{os.getenv(\"USER\")}:{pw}@x.example/a')", "", "pd.read_csv()"),
        (
            "pd.read_csv('s3://b/a.csv', storage_options={'secret': 'tea4two'})",
            "s3://b/a.csv",
            "pd.read_csv()",
        ),
        ("pd.read_csv(BASE, dtype=made())", "https://x.example", None),
        ("pd.read_csv(BASE, names=changed)", "https://x.example", None),
    ],
)
def test_how_an_address_is_asked_again_holds_no_secret_and_no_variable(
    call: str, address: str | None, again: str | None
) -> None:
    import ast

    text = (
        "# %%\nimport os\nimport pandas as pd\n"
        "BASE, path = 'https://x.example', some_path\n"
        "BASE = 'https://x.example'\nSEP = ';'\npw = os.environ['PW']\n"
        f"changed = ['a']\nchanged.append('b')\ndf = {call}\n"
    )
    code = Reading(sources(text))
    node = code.body[-1].node
    assert isinstance(node, ast.Assign)
    assert isinstance(node.value, ast.Call)
    found = remote_of(code, node.value, len(code.body) - 1)
    assert (found and found.address) == address
    made = ast.unparse(found.call) if found is not None and found.call is not None else None
    assert made == again


def test_only_tables_from_an_address_get_a_name_of_their_own() -> None:
    text = (
        "# %%\nimport pandas as pd\na = pd.read_csv('a.csv').dropna()\n"
        "b = pd.read_csv('https://x.example/b.csv')\n"
        "c = pd.concat([a, pd.read_csv('https://x.example/c.csv')])\n"
    )
    (cell,) = with_tables_named(sources(text))
    assert cell.code.splitlines()[1:] == [
        "a = pd.read_csv('a.csv').dropna()",
        "b = pd.read_csv('https://x.example/b.csv')",
        "c_rows = pd.read_csv('https://x.example/c.csv')",
        "c = pd.concat([a, c_rows])",
    ]


PRIVATE = """# %%
import pandas as pd
from sklearn.tree import DecisionTreeRegressor

homes = pd.read_csv(
    "ADDRESS/houses.csv?sig=Zm9vYmFyYmF6",
    storage_options={"Authorization": "Bearer open-sesame-42"},
)
# %%
X = homes[["LivArea", "YearBuilt"]].fillna(0)
tree = DecisionTreeRegressor(max_depth=3, random_state=0).fit(X, homes["SalePrice"])
score = tree.score(X, homes["SalePrice"])
"""


@pytest.mark.slow
def test_rows_from_an_address_are_carried_and_asked_for_again_with_keys_of_the_environment(
    project: Path, tmp_path: Path
) -> None:
    with served(project / "data", "open-sesame-42") as address:
        notebook = Notebook(project).run(PRIVATE.replace("ADDRESS", address))
        package = notebook.export("tree", "homes")
    # Nobody serves the table any more: what was proved rests on the rows that are carried.
    for file in (f for f in package.path.rglob("*") if f.is_file()):
        content = file.read_bytes()
        assert b"open-sesame" not in content, file
        assert b"Zm9vYmFyYmF6" not in content, file
    assert f"The notebook read {address}/houses.csv." in (
        package.path / "src/homes/settings.py"
    ).read_text(encoding="utf-8")
    command = Command(package, tmp_path)
    assert json.loads(command("train", "--out", "here").stdout) == package.metrics
    newer = pd.read_csv(project / "data" / "houses.csv").head(200)
    newer.to_csv(project / "data" / "newer.csv", index=False)
    with served(project / "data", "other-key") as address:
        asked = ["train", "--out", "there", "--set", f"address={address}/newer.csv"]
        key = json.dumps({"Authorization": "Bearer other-key"})
        assert command(*asked).returncode != 0
        assert command(*asked, HOMES_STORAGE_OPTIONS=key).returncode == 0
    metrics = json.loads((tmp_path / "there" / "metrics.json").read_bytes())
    assert metrics != package.metrics


@pytest.mark.slow
def test_rows_that_the_address_gives_no_more_stop_the_export(project: Path) -> None:
    code = PRIVATE.replace(', storage_options={"Authorization": "Bearer open-sesame-42"}', "")
    with served(project / "data", "open-sesame-42") as address:
        notebook = Notebook(project).run(code.replace("ADDRESS", address))
        table = project / "data" / "houses.csv"
        pd.read_csv(table).head(100).to_csv(table, index=False)
        with pytest.raises(ExportFailed, match=f"another 'tree'.*{address}/houses.csv"):
            notebook.export("tree", "homes")
