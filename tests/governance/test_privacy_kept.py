"""Personal data and secrets in cells, outputs and variables are found, by place and kind.

What is found is in no finding; outputs and settings without any raise no alarm.
"""

from __future__ import annotations

import json
import time
from collections import OrderedDict
from configparser import ConfigParser
from types import SimpleNamespace
from typing import Any, NamedTuple

import pandas as pd
import pytest
from tests.governance.checking import _NoVersion, clean_tables

from notewright.governance.checks.base import Finding
from notewright.governance.checks.evidence import Cell, Evidence, Sources
from notewright.governance.checks.kept_outputs import NOW, WHEN, outputs_of
from notewright.governance.checks.material import Material
from notewright.governance.checks.registry import own_checks
from notewright.governance.checks.service import run_check
from notewright.governance.checks.variable_secrets import secrets_in
from notewright.governance.policy import CheckRules, parse_policy


def asked(name: str, **evidence: Any) -> list[Finding]:
    """Return what a check of the privacy family says of evidence at hand."""
    check = own_checks()[f"privacy.{name}"]
    given = Evidence(**{"cells": (), **evidence})
    material = Material(_NoVersion(), parse_policy("version: 1"), Sources(None, None, None), given)
    options = {key: option.default for key, option in check.options.items()}
    return run_check(check, CheckRules(options=options), material)


def failed(name: str, **evidence: Any) -> list[Finding]:
    """Return what a check of the privacy family finds in evidence at hand."""
    findings = asked(name, **evidence)
    assert all(f.status != "could_not_run" for f in findings), findings
    return [f for f in findings if f.status == "failed"]


# -- cells --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "kind"),
    [
        ("config = {'db_password': 'hunter2hunter2'}", "secret assigned to a name"),
        ("c = connect('Server=db;Password=tea4two!;Timeout=3')", "password in a connection string"),
        ("service_key = 'q8Zr3vT1yWm5Kp0LxB7c'", "secret assigned to a name"),
        ("h = {'Authorization': 'Bearer q8Zr3vT1yWm5Kp0LxB7c'}", "token in a header"),
        ("url = 'https://hooks.slack.com/services/T0000AAAA/B0000BBBB/abcdefghij0123456789'",
         "Slack address that takes messages"),
        ("patient = 'NHS number 943 476 5919'", "NHS number"),
    ],
)  # fmt: skip
def test_a_cell_is_named_without_its_first_line_where_that_holds_the_secret(source, kind):
    cell = Cell(f"cell [4] `{source[:60]}`", source)
    (finding,) = failed("cells", cells=(cell,))
    assert (finding.subject, finding.cells, finding.severity) == (kind, ("cell [4]",), "error")
    assert source not in str(finding)
    harmless = Cell("cell [4] `import os`", f"import os\n{source}")
    assert failed("cells", cells=(harmless,))[0].cells == ("cell [4] `import os`",)


# -- outputs ------------------------------------------------------------------------------


def document(*outputs: dict[str, Any], source: str = "show()") -> bytes:
    cell = {"cell_type": "code", "execution_count": 7, "source": source, "outputs": list(outputs)}
    return json.dumps({"nbformat": 4, "cells": [{"cell_type": "markdown"}, cell]}).encode()


def stream(text: str) -> dict[str, Any]:
    return {"output_type": "stream", "name": "stdout", "text": text.splitlines(keepends=True)}


def shown(**data: Any) -> dict[str, Any]:
    return {
        "output_type": "execute_result",
        "data": {k.replace("_", "/"): v for k, v in data.items()},
    }


def table_of(**columns: list[Any]) -> dict[str, Any]:
    frame = pd.DataFrame(columns)
    return shown(text_plain=repr(frame), text_html=frame.to_html())


def error(message: str) -> dict[str, Any]:
    traceback = ["\x1b[0;31mKeyError\x1b[0m", f"\x1b[0;32m----> 1\x1b[0m table[{message!r}]"]
    return {"output_type": "error", "ename": "KeyError", "evalue": message, "traceback": traceback}


OUTPUTS = {
    "printed mail": (stream("sent to ann.lee@corp-mail.org\n"), "mail address"),
    "printed key": (stream("AWS_KEY AKIAIOSFODNN7EXAMPLE\n"), "AWS access key"),
    "shown settings": (shown(text_plain=["{'user': 'a',\n", " 'password': 'hunter2hunter2'}"]),
                       "secret assigned to a name"),
    "environment": (stream("HOME=/home/a\nDB_PASSWORD=hunter2hunter2\n"),
                    "secret assigned to a name"),
    "table of phones": (table_of(n=[1, 2], phone=["0151 23456789", "0172 9876543"]),
                        "phone number"),
    "table of BSNs": (table_of(bsn=[111222333, 123456782]), "Dutch BSN"),
    "table of surnames": (table_of(surname=["Almeida", "Okafor", "Lindqvist"]),
                          "name of a person"),
    "table of cards": (table_of(x=[4111111111111111, 5555555555554444]), "card number"),
    "traceback": (error("ann.lee@corp-mail.org"), "mail address"),
    "traceback with an address of a database": (
        error("postgresql://app:s3cr3tpass@db/credit"), "password in an address"),
    "coloured": (stream("\x1b[1mGB82 WEST 1234 5698 7654 32\x1b[0m\n"), "IBAN"),
    "markdown": (shown(text_markdown="**219-09-9999**"), "US social security number"),
    "JSON": (shown(application_json={"who": {"mail": "ann.lee@corp-mail.org"}}), "mail address"),
    "a letter": (stream("Dear Rita Almeida,\n"), "name of a person"),
    "an address": (stream("Via Garibaldi 12\n"), "postal address"),
}  # fmt: skip


@pytest.mark.parametrize("fault", OUTPUTS)
def test_what_is_in_an_output_is_found_by_cell_and_kind(fault):
    output, kind = OUTPUTS[fault]
    found = failed("outputs", outputs=tuple(outputs_of(document(output), WHEN)))
    assert [(f.cells, f.subject) for f in found] == [(("cell [7]",), kind)]
    assert WHEN in found[0].sentence
    raw = json.dumps(output)
    assert not any(word in raw for f in found for word in (f.sentence, f.remedy))
    for secret in ("ann.lee", "hunter2", "AKIA", "s3cr3t", "111222333", "Almeida", "219-09"):
        assert secret not in str(found)


def clean_outputs() -> list[bytes]:
    frames = list(clean_tables().values())[:12]
    frames = [f.head() for f in frames] + [f.describe() for f in frames[:8]]
    made = [document(shown(text_plain=repr(f), text_html=f.to_html())) for f in frames]
    made += [
        document(stream("Epoch 3/10: 100%|####| 1875/1875 [00:02<00:00, 812.25it/s]\n")),
        document(stream("2024-05-01 12:00:03,512 INFO run 550e8400-e29b-41d4-a716-446655440000\n")),
        document(error("income")),
        document(shown(text_html="<style>a{color:red}</style><pre>LogisticRegression()</pre>")),
        document(stream("pandas 2.2.3, numpy 2.1.0, torch 2.5.1+cu124\n")),
        document(stream("[[  120  30]\n [   14 1036]]\nauc 0.9123456789\n")),
        b"{not json", b"[]", b'{"cells": [3, {"outputs": [4, {"data": []}]}]}',
    ]  # fmt: skip
    return made


def test_outputs_without_anything_personal_raise_no_alarm():
    documents = clean_outputs()
    loud = [
        f.sentence for d in documents for f in failed("outputs", outputs=tuple(outputs_of(d, NOW)))
    ]
    assert len(documents) >= 25
    assert len(loud) <= 0.05 * len(documents), loud


# -- variables ----------------------------------------------------------------------------


class Login(NamedTuple):
    user: str
    password: str


INI = ConfigParser()
INI.read_string("[mail]\nhost = smtp\npassword = tea4two!\n")
LOOP: dict[str, Any] = {"secret": "tea4two!"}
LOOP["self"] = LOOP

VARIABLES = {
    "config['db']['password']": ("config", {"db": {"host": "db", "password": "tea4two!"}}),
    "api_key": ("api_key", "q8Zr3vT1yWm5"),
    "token": ("token", "ghp_" + "a1B2" * 9),
    "url": ("url", "postgresql://app:s3cr3tpass@db/credit"),
    "env['AWS_SECRET_ACCESS_KEY']": ("env", {"HOME": "/", "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEM"}),
    "args.password": ("args", SimpleNamespace(user="a", password="tea4two!")),
    "login.password": ("login", Login("ann", "tea4two!")),
    "rows[1]['pwd']": ("rows", [{"pwd": ""}, {"pwd": "tea4two!"}]),
    "ini['mail']['password']": ("ini", INI),
    "LOOP['secret']": ("LOOP", LOOP),
    "d['clientSecret']": ("d", OrderedDict(clientSecret="Zr3vT1yWm5")),
    "raw": ("raw", b"-----BEGIN PRIVATE KEY-----"),
    "connection": ("connection", "Server=db;Password=tea4two!;Timeout=3"),
    "h['Authorization']": ("h", {"Authorization": "Bearer q8Zr3vT1yWm5Kp0LxB7c"}),
    "keys[…]['password']": ("keys", {"ann.lee@corp-mail.org": {"password": "tea4two!"}}),
}


@pytest.mark.parametrize("path", VARIABLES)
def test_a_secret_in_a_variable_is_found_by_its_path_and_never_shown(path):
    name, value = VARIABLES[path]
    (finding,) = failed("variables", variables={name: value, "rate": 0.3})
    assert (finding.subject, finding.severity) == (path, "error")
    for secret in ("tea4two", "q8Zr3", "ghp_", "s3cr3t", "wJalr", "Zr3vT", "ann.lee"):
        assert secret not in str(finding)


CLEAN_VARIABLES = [
    ("config", {"db": {"host": "db", "password": None}}), ("password", ""), ("password", "<yours>"),
    ("password", "${DB_PASSWORD}"), ("api_key", "YOUR_API_KEY"), ("pad_token", "<|endoftext|>"),
    ("tokenizer", "bert-base-uncased"), ("eos_token", "</sentence>"), ("max_tokens", "1024000"),
    ("key_columns", ["customer_id", "order_id"]), ("primary_key", "customer_id"),
    ("secret_file", "/run/secrets/db"), ("private_key", "/home/me/.ssh/id_ed25519"),
    ("params", {"learning_rate": "0.1", "max_depth": "8", "objective": "binary:logistic"}),
    ("url", "https://example.org/data.csv?version=3"), ("token_pattern", r"(?u)\b\w\w+\b"),
    ("query", "SELECT password_hash FROM users WHERE id = 3"), ("columns", ["passwords_set"] * 9),
    ("path", "C:\\data\\loans.csv"), ("labels", {"good", "bad"}),
    ("digest", "9f86d081884c7d659a2f"), ("text", "the password is kept elsewhere"),
    ("commit", "0a4d55a8d778e5022fab701977c5d840bbc486d0"),
    ("access_token", "********"), ("help", {"password": "what you log in with at the bank"}),
]  # fmt: skip


def test_settings_without_a_secret_raise_no_alarm():
    loud = [
        (name, found) for name, value in CLEAN_VARIABLES if (found := list(secrets_in(name, value)))
    ]
    assert len(CLEAN_VARIABLES) >= 25
    assert len(loud) <= 0.05 * len(CLEAN_VARIABLES), loud


def test_huge_and_deep_values_take_bounded_work_and_call_no_code_of_the_users():
    class Loud(dict):
        def items(self):
            raise AssertionError("the user's method was called")

    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    began = time.process_time()
    assert list(secrets_in("deep", deep)) == []
    assert list(secrets_in("wide", ["nothing"] * 2_000_000)) == []
    assert list(secrets_in("long", "a" * 5_000_000)) == []
    assert time.process_time() - began < 5
    assert [path for _, path in secrets_in("x", Loud(password="tea4two!"))] == ["x['password']"]


# -- in a notebook ------------------------------------------------------------------------

FIRST = (
    "import numpy as np, pandas as pd\n"
    "from sklearn.ensemble import RandomForestClassifier\n"
    "from sklearn.linear_model import LogisticRegression\n"
    "from sklearn.metrics import accuracy_score\n"
    "from sklearn.model_selection import train_test_split\n"
    "rng = np.random.default_rng(0)\n"
    "table = pd.DataFrame({'a': rng.normal(5, 2, 800), 'b': rng.exponential(3, 800)})\n"
    "table['target'] = (table['a'] + rng.normal(0, 3, 800) > 5).astype(int)\n"
    "X_train, X_test, y_train, y_test = train_test_split(\n"
    "    table[['a', 'b']], table['target'], random_state=0)\n"
)
TRAINED = "model = {}.fit(X_train, y_train)\naccuracy_score(y_test, model.predict(X_test))\n"
HONEST = TRAINED.format("LogisticRegression()")


def privacy(report, name: str) -> list[Finding]:
    return [f for f in report.findings if f.check == f"privacy.{name}"]


def test_a_notebook_its_errors_and_its_variables_are_looked_through(
    checked_notebook, workspace, notebook, tmp_path
):
    from notewright.lineage.recorder import Recorder

    book = tmp_path / "book.ipynb"
    book.write_bytes(document(stream("sent to ann.lee@corp-mail.org\n")))
    notebook.recorder = Recorder(
        workspace.history, workspace.snapshots, notebook.namespace, tmp_path, str(book)
    )
    notebook.run("{}['ben.ray@corp-mail.org']")
    notebook.run("config = {'db': {'password': 'tea4two!'}}\nbig = list(range(10))")
    book.write_bytes(document(stream("sent to ann.lee@corp-mail.org\n")))
    report = checked_notebook(FIRST, HONEST)
    where = {f.details["where"] for f in privacy(report, "outputs")}
    assert where == {WHEN, "the history of executions"}
    assert [f.subject for f in privacy(report, "variables")] == ["config['db']['password']"]
    book.write_bytes(document(stream("key AKIAIOSFODNN7EXAMPLE\n")))
    again = workspace.checks.run(workspace.models.get("model@1"))
    assert NOW in {f.details["where"] for f in privacy(again, "outputs")}
    said = json.dumps([f.sentence for f in again.findings])
    assert not any(word in said for word in ("ann.lee", "ben.ray", "tea4two", "AKIA"))


def test_without_a_document_nothing_was_kept_and_that_passes(checked_notebook):
    report = checked_notebook(FIRST, HONEST)
    (finding,) = privacy(report, "outputs")
    assert (finding.status, finding.sentence) == (
        "passed", "No output of a cell was kept with the run."
    )  # fmt: skip
    (finding,) = privacy(report, "variables")
    assert finding.status == "passed"
    (finding,) = privacy(report, "membership")
    assert finding.status == "passed", finding.sentence


def test_variables_of_a_snapshot_of_a_stranger_are_not_loaded(registered, workspace, monkeypatch):
    version = registered(f"{FIRST}config = {{'password': 'tea4two!'}}\n", HONEST)
    monkeypatch.setattr(workspace._whole, "_trusted", lambda key: False)
    (finding,) = privacy(workspace.checks.run(version), "variables")
    assert (finding.status, "trust" in finding.sentence) == ("could_not_run", True)


def test_a_model_that_knows_its_rows_by_heart_is_found(checked_notebook):
    report = checked_notebook(FIRST, TRAINED.format("RandomForestClassifier(random_state=0)"))
    (finding,) = privacy(report, "membership")
    assert (finding.status, finding.severity) == ("failed", "warning")
    assert finding.value > 0.8
    assert finding.interval[0] < finding.value < finding.interval[1]
