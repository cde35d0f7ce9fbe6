"""What leaves datasets: tables, files, differences."""

from __future__ import annotations

from types import SimpleNamespace

import pandas as pd
import pytest
from tests.restricted.conftest import SECRET, tells

from notewright.errors import AccessDenied
from notewright.state.namespace import Namespace
from notewright.state.withheld import ValuesWithheld


@pytest.fixture
def kernel():
    return SimpleNamespace(namespace=Namespace({}), session="s")


@pytest.fixture
def table():
    return pd.DataFrame({"age": [31, 42, 53], "income": SECRET})


def test_a_table_comes_back_without_the_column_and_both_doors_name_it(person, kernel, table):
    datasets = person.workspace.datasets
    datasets.add(table, "people", source="people")
    with pytest.warns(ValuesWithheld, match="income"):
        assert list(datasets.load("people").columns) == ["age"]
    said = person.asks("dataset", "use", "people@1", kernel=kernel)
    assert "withheld: income (needs 'risk_officer')" in said
    assert '"withheld": ["income (needs \'risk_officer\')"]' in said
    assert list(kernel.namespace.dict["people"].columns) == ["age"]


def test_a_difference_tells_no_value_and_no_distribution_of_it(person, table):
    datasets = person.workspace.datasets
    datasets.add(table, "people")
    datasets.add(table.assign(income=[1.0, 2.0, SECRET[0]], age=[1, 2, 3]), "people")
    said = person.asks("dataset", "diff", "people@1", "people@2")
    assert not tells(said)
    assert "withheld: income" in said
    columns = [
        each["column"]
        for each in person.view("dataset", "diff", "people@1", "people@2").data()["distributions"]
    ]
    assert columns == ["age"]
    person.becomes("risk_officer")
    assert tells(person.asks("dataset", "diff", "people@1", "people@2"))


@pytest.mark.parametrize("name", ["people.csv", "people.semicolons.csv", "people.bin"])
def test_a_file_that_has_it_or_may_have_it_is_given_to_nobody_who_may_not_see_it(
    person, tmp_path, name
):
    separator = ";" if "semicolons" in name else ","
    path = tmp_path / name
    path.write_text(f"age{separator}income\n31{separator}{SECRET[0]}\n")
    datasets = person.workspace.datasets
    version, _ = datasets.add(path, "people")
    path.unlink()
    for ask in (
        lambda: datasets.write(version),
        lambda: datasets.bytes_of(version),
        lambda: person.asks("dataset", "use", "people"),
    ):
        with pytest.raises(AccessDenied, match="the column 'income' of people@1"):
            ask()
    assert not path.exists()
    assert len(person.refusals()) == 3
    if name == "people.csv":
        assert list(datasets.given(version).value.columns) == ["age"]
    else:
        with pytest.raises(AccessDenied):
            datasets.load(version)


def test_the_column_alone_is_refused(person, table):
    person.workspace.datasets.add(table["income"], "incomes")
    with pytest.raises(AccessDenied, match="of incomes@1"):
        person.workspace.datasets.load("incomes")


def test_what_shows_a_version_has_names_and_types_only(person, table):
    person.workspace.datasets.add(table, "people")
    said = person.asks("dataset", "show", "people")
    assert "income" in said
    assert not tells(said)


def test_a_dataset_is_checked_in_all_its_columns_and_told_without_the_values(person):
    table = pd.DataFrame({"age": [*range(20, 79), -4], "income": [*range(59), SECRET[0]]})
    person.workspace.datasets.add(table.assign(income=table["income"].where(table.age > 40)), "d")
    said = person.asks("check", "d")
    assert "-4" in said
    assert "37% of 'income' is missing" in said.replace("&#x27;", "'")
    assert not tells(said)
