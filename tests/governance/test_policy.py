"""A mistake in policy.yaml is pointed at; what is right is read as written."""

from __future__ import annotations

import json
import re
from importlib import resources

import jsonschema
import pytest
import yaml

from notewright.errors import NotewrightError, PolicyError, PolicyMissing, UsageError
from notewright.governance.checks.registry import own_checks
from notewright.governance.policy import load_policy, parse_policy, write_template
from notewright.governance.policy_schema import schema, schema_of_data


def template() -> str:
    return (resources.files("notewright.governance") / "policy_template.yaml").read_text()


def uncommented() -> str:
    """Return the template with its example lines in force."""
    return re.sub(r"^( *)# ( *(?:- )?[a-z_]+:)", r"\1\2", template(), flags=re.MULTILINE)


def test_the_template_is_a_policy_with_and_without_its_examples():
    assert set(parse_policy(template()).gates) == {"staging", "production"}
    full = parse_policy(uncommented())
    assert full.data.sensitive[0].bands == (25, 60)
    assert full.documentation["owner"]
    assert full.waivers[0].until == "2027-01-31"


def test_the_shipped_json_schema_is_the_one_the_file_is_read_with():
    shipped = json.loads(
        (resources.files("notewright.governance") / "policy.schema.json").read_text()
    )
    assert shipped == json.loads(json.dumps(schema(own_checks())))
    jsonschema.Draft202012Validator.check_schema(shipped)
    content = yaml.safe_load(template())
    jsonschema.validate(content, shipped)


def test_comments_and_order_do_not_change_the_digest_and_content_does():
    one = parse_policy("version: 1\ndata: {favourable: good}\n")
    two = parse_policy("# hello\ndata:\n  favourable: good # yes\nversion: 1\n")
    other = parse_policy("version: 1\ndata: {favourable: bad}\n")
    assert one.digest == two.digest != other.digest


TYPOS = [
    ("version: 1\ngatez: {}\n", 2, 1, "gates"),
    ("version: 1\ndata:\n  favorable: good\n", 3, 3, "favourable"),
    ("version: 1\nchecks:\n  bias:\n    selection_rate_ration: {}\n", 4, 5, "selection_rate_ratio"),
    ("version: 1\nchecks:\n  baias: {}\n", 3, 3, "bias"),
    ("version: 1\nchecks:\n  bias:\n    selection_rate_ratio: {atleast: 0.8}\n", 4, 28, "at_least"),
    ("version: 1\nchecks:\n  bias:\n    selection_rate_ratio: {at_least: high}\n", 4, 38, "number"),
    ("version: 1\nchecks:\n  bias:\n    selection_rate_ratio: {at_least: 8}\n", 4, 38, "1 or less"),
    ("version: 1\ngates:\n  production:\n    checks: [biass]\n", 4, 14, "bias"),
    ("version: 1\ngates:\n  production:\n    approvals: [riskofficer]\n", 4, 17, "risk_officer"),
    ("version: 1\ngates:\n  production:\n    approvals: risk_officer\n", 4, 16, "a list"),
    ("version: 2\n", 1, 10, "1"),
    ("data: {}\n", 1, 1, "version"),
    ("version: 1\nversion: 1\n", 2, 1, "twice"),
    ("version: 1\ndata: [\n", 3, 1, "not YAML"),
    ("version: 1\ndata:\n\tfavourable: x\n", 3, 1, "not YAML"),
    ("", 1, 1, "empty"),
    ("- a\n", 1, 1, "mapping"),
    ("version: 1\nwaivers:\n  - check: bias.group_size\n", 3, 5, "reason"),
    (
        "version: 1\nwaivers:\n  - {check: bias.group_size, reason: x, owner: y, until: soon}\n",
        3, 58, "not a date",
    ),
    (
        "version: 1\nwaivers:\n"
        "  - {check: bias.group_size, reason: x, owner: y, until: 2027-02-30}\n",
        3, 58, "not possible",
    ),
    ("version: 1\nchecks: {performance: {floor: {limit: .nan}}}\n", 2, 39, "compare"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "line", "column", "hint"), TYPOS)
def test_a_typo_is_pointed_at_by_line_and_column_with_what_may_be_meant(text, line, column, hint):
    with pytest.raises(PolicyError) as caught:
        parse_policy(text)
    assert (caught.value.line, caught.value.column) == (line, column)
    assert hint in str(caught.value)
    assert f"line {line}, column {column}" in caught.value.problem


def test_headings_without_lines_are_empty():
    policy = parse_policy("version: 1\nchecks:\ndata:\n  sensitive:\ngates:\nwaivers:\n")
    assert policy.gates == {}
    assert policy.data.sensitive == ()


def test_aliases_that_unfold_without_end_are_refused():
    lines = ["version: 1", "documentation:", "  a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"  a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 10)]
    with pytest.raises(PolicyError):
        parse_policy("\n".join(lines))


@pytest.mark.parametrize(
    "text", ["version: !!python/object/apply:os.system [id]\n", "a: &a [*a]\n"]
)
def test_hostile_yaml_gets_a_sentence(text):
    with pytest.raises(NotewrightError):
        parse_policy(text)


def test_a_missing_file_says_how_to_get_one_and_init_never_overwrites(tmp_path):
    path = tmp_path / "policy.yaml"
    with pytest.raises(PolicyMissing, match="policy init"):
        load_policy(path)
    write_template(path)
    load_policy(path)
    with pytest.raises(UsageError):
        write_template(path)
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(NotewrightError):
        load_policy(path)


def test_settings_of_a_check_are_the_defaults_with_what_the_file_says():
    policy = parse_policy(
        "version: 1\nchecks:\n  bias:\n    selection_rate_ratio:"
        " {at_least: 0.9, severity: warning, acceptable: false}\n    group_size: {run: false}\n"
    )
    rules = policy.checks["bias.selection_rate_ratio"]
    assert rules.options == {"at_least": 0.9, "min_group": 20}
    assert (rules.severity, rules.acceptable, rules.run) == ("warning", False, True)
    assert not policy.checks["bias.group_size"].run
    assert policy.checks["performance.floor"].options["metric"] == "balanced_accuracy"


def test_the_schema_of_what_is_said_of_the_data_knows_every_other_part():
    assert set(schema_of_data()["properties"]) == set(schema(own_checks())["properties"])
