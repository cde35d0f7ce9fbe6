from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notewright.errors import BadName
from notewright.store.names import check_name, module_name


@given(st.text(max_size=80))
def test_a_name_that_passes_is_one_safe_path_component(name: str) -> None:
    try:
        checked = check_name(name, "model")
    except BadName:
        return
    assert checked == name
    assert "/" not in name
    assert "\\" not in name
    assert ".." not in name
    assert name.isascii()


@pytest.mark.parametrize(
    "name", ["", "..", "a/b", "a\\b", ".hidden", "-x", "a\n", "a b", "x" * 65, "é", "a.", "1a"]
)
def test_hostile_names_are_refused(name: str) -> None:
    with pytest.raises(BadName, match="Use letters"):
        check_name(name, "model")


def test_a_keyword_cannot_be_a_package() -> None:
    with pytest.raises(BadName):
        module_name("class", "package")
