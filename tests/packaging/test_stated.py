"""What the documents repeat of the policy."""

from __future__ import annotations

from pathlib import Path

import pytest

from notewright.errors import PolicyError
from notewright.governance.policy import load_policy, parse_policy
from notewright.packaging.stated import NOT_STATED, stated


def test_without_a_policy_everything_is_not_stated(tmp_path: Path) -> None:
    words = stated(lambda: load_policy(tmp_path / "policy.yaml"))
    assert words == stated(None)
    assert set(words.values()) == {NOT_STATED}
    assert {"Intended use", "Limits", "Owner"} <= set(words)


def test_words_over_several_lines_become_one() -> None:
    text = "version: 1\ndocumentation:\n  owner: |\n    Credit Risk\n    Analytics\n"
    assert stated(lambda: parse_policy(text))["Owner"] == "Credit Risk Analytics"


def test_a_policy_that_cannot_be_read_is_not_passed_over() -> None:
    with pytest.raises(PolicyError):
        stated(lambda: parse_policy("version: 1\ndocumentatoin: {}"))
