"""A dossier's files hold what it holds, whatever names, notes and values are in it."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from hypothesis import given, settings
from hypothesis import strategies as st

from notewright.errors import NoBrowser, UsageError
from notewright.experiments.models import ModelVersion
from notewright.experiments.run import Run
from notewright.governance.checks.base import Finding
from notewright.governance.checks.service import CheckReport
from notewright.governance.dossier.dossier import Dossier, assess
from notewright.governance.dossier.evidence import Evidence, Ref, missing
from notewright.governance.dossier.frameworks import FRAMEWORKS
from notewright.governance.dossier.kinds import KINDS
from notewright.governance.dossier.model_card import model_card
from notewright.governance.dossier.ports import PackageFacts
from notewright.packaging.model_bill import model_bill
from notewright.store.canonical import digest_of
from notewright.views.dossier import DossierView
from notewright.views.dossier_files import write_dossier
from notewright.views.dossier_page import dossier_page

HOSTILE = [
    "<script>alert(1)</script>",
    '" onmouseover="alert(1)',
    "</style><img src=x onerror=alert(1)>",
    "[click](javascript:alert(1))",
    "javascript:alert(1)",
    "`code` <b>",
    "\x00\x1b[31m \u202egpj.exe",
    "&lt;i&gt; &#60;u&#62;",
]
#: What records can hold: characters that UTF-8 has.
TEXT = st.text(st.characters(codec="utf-8"), min_size=1, max_size=12)
MOMENT = "2026-05-01T12:00:00.000000Z"
HASH = "ab" * 32


def held(kind: str, text: str) -> Evidence:
    ref = Ref("data file" if kind == "data" else "run", text, HASH)
    facts = ((text, text), ("signed", text)) if kind.startswith("stated.") else ((text, text),)
    quote = text if kind.startswith("stated.") else ""
    code = ((text, text),) if kind == "cells" else ()
    return Evidence(kind, "held", text, facts, (ref,), text, quote, code)


def dossier_of(text: str, lost: frozenset[str] = frozenset(), *, package: bool = True) -> Dossier:
    """Return a dossier in which `text` stands wherever a text can stand."""
    evidence = {kind: missing(kind) if kind in lost else held(kind, text) for kind in KINDS}
    finding = Finding(
        "bias.gap", "bias", "error", "failed", text, text, text, text, 0.5, (None, 0.9), 0.8,
        (text,), (text,),
    )  # fmt: skip
    score = replace(finding, check="performance.floor", family="performance", interval=(0.4, 0.6))
    report = CheckReport(
        "a1", HASH, "credit_risk@1", "v1", HASH, HASH, HASH, MOMENT, text, (finding, score), False
    )
    version = ModelVersion(
        "v1", HASH, "credit_risk", 1, "r1", HASH, text, text, HASH, HASH, HASH, MOMENT, text, "run"
    )
    run = Run("r1", HASH, text, "finished", MOMENT, 1.0, params={text: text}, metrics={text: 0.5})
    bill = json.dumps(
        {"components": [{"bom-ref": "a@1", "type": "library", "name": "a", "version": "1"}]}
    )
    facts = PackageFacts(
        "p@1", HASH, HASH, MOMENT, "notebook", text, None, 1, "equal", (), (text,), bill
    )
    return Dossier(
        version=version,
        created=MOMENT,
        actor=text,
        policy=HASH,
        head=None,
        report=report,
        evidence=evidence,
        frameworks=assess(FRAMEWORKS, evidence),
        made_by="0",
        run=run,
        excuses={("bias.gap", text): text},
        package=facts if package else None,
    )


class Tags(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    def attributes(self, name: str) -> list[str]:
        return [attrs[name] or "" for _, attrs in self.tags if name in attrs]


@cache
def plain_shape() -> list[tuple[str, tuple[str, ...]]]:
    return shape(dossier_page(dossier_of("plain")))


def shape(page: str) -> list[tuple[str, tuple[str, ...]]]:
    """Return tags and names of attributes; backquotes make code of what is between them."""
    found = [(tag, tuple(attrs)) for tag, attrs in Tags(page).tags]
    return [part for part in found if part[0] not in ("wbr", "code")]


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_adds_a_tag_or_an_attribute_to_the_page(text):
    assert shape(dossier_page(dossier_of(text))) == plain_shape()


@given(TEXT)
@settings(max_examples=10)
def test_any_text_leaves_the_page_as_it_is_made(text):
    assert shape(dossier_page(dossier_of(text))) == plain_shape()


@pytest.mark.parametrize("text", HOSTILE)
def test_links_lead_into_the_page_and_nothing_is_loaded(text):
    page = dossier_page(dossier_of(text))
    tags = Tags(page)
    assert {href[0] for href in tags.attributes("href")} == {"#"}
    assert not {"src", "srcset", "onmouseover", "onerror", "action"} & {
        name for _, attrs in tags.tags for name in attrs
    }
    rules = tags.attributes("content")[0]
    assert "default-src 'none'" in rules
    assert not {"script", "img", "link", "iframe", "object"} & {tag for tag, _ in tags.tags}
    assert not re.search("[\x00-\x08\x0e-\x1f\u202a-\u202e]", page)


LOST = {
    "whole": frozenset(),
    "some missing": frozenset({"metrics", "stated.risks"}),
    "nothing": frozenset(KINDS),
}


@pytest.mark.parametrize("lost", LOST.values(), ids=LOST)
def test_every_link_has_its_anchor_and_every_anchor_is_there_once(lost):
    tags = Tags(dossier_page(dossier_of("words", lost)))
    anchors = tags.attributes("id")
    assert len(anchors) == len(set(anchors))
    assert {href[1:] for href in tags.attributes("href")} <= set(anchors)


def test_the_page_shows_every_clause_statement_finding_and_record():
    page = " ".join(Tags(dossier_page(dossier_of("These words."))).words)
    for framework in FRAMEWORKS:
        assert f"{len(framework.clauses)} of {len(framework.clauses)} answered" in page
        assert all(clause.reference in page for clause in framework.clauses)
    assert page.count("“These words.”") > 40
    assert HASH in page
    assert "accepted" in page


def test_what_is_missing_says_what_to_do():
    found = dossier_of("words", frozenset({"stated.risks", "approval"}))
    page = Tags(dossier_page(found)).words
    assert any("`documentation:`" in kind.remedy for kind in KINDS.values())
    assert "documentation:" in page
    text = DossierView(found).text()
    assert "`risks`" in text
    assert "MISSING  Approvals" in text
    html = DossierView(found).html()
    assert "<script" not in html


@pytest.mark.parametrize("lost", [frozenset(), frozenset(KINDS)], ids=["whole", "nothing"])
@pytest.mark.parametrize("package", [True, False], ids=["exported", "not exported"])
@pytest.mark.parametrize("text", ["plain", *HOSTILE])
def test_the_bill_is_valid_cyclonedx(text, package, lost):
    bill = model_bill(dossier_of(text, lost, package=package))
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(bill) is None


def test_the_bill_holds_model_data_figures_and_libraries():
    bill = json.loads(model_bill(dossier_of("words")))
    model = bill["metadata"]["component"]
    assert (model["type"], model["version"]) == ("machine-learning-model", "1")
    assert model["hashes"] == [{"alg": "BLAKE3", "content": HASH}]
    figures = model["modelCard"]["quantitativeAnalysis"]["performanceMetrics"]
    assert figures[0] == {"type": "words", "value": "0.5"}
    assert figures[1]["confidenceInterval"] == {"lowerBound": "0.4", "upperBound": "0.6"}
    assert model["modelCard"]["considerations"]["useCases"] == ["words"]
    kinds = {c["type"] for c in bill["components"]}
    assert kinds == {"data", "library"}
    refs = {c["bom-ref"] for c in bill["components"]}
    (own,) = [d for d in bill["dependencies"] if d["ref"] == "credit_risk@1"]
    assert set(own["dependsOn"]) == refs


def test_only_evidence_that_is_held_is_in_the_bill():
    lost = frozenset({"data", "metrics", "intervals", "checks.bias", "stated.intended_use"})
    bill = json.loads(model_bill(dossier_of("words", lost)))
    card = bill["metadata"]["component"]["modelCard"]
    assert card["quantitativeAnalysis"]["performanceMetrics"] == []
    assert "useCases" not in card["considerations"]
    assert "fairnessAssessments" not in card["considerations"]
    assert {c["type"] for c in bill["components"]} == {"library"}


FORMS = {
    "page": dossier_page,
    "bill": model_bill,
    "card": lambda d: json.dumps(model_card(d)),
}


@pytest.mark.parametrize("form", FORMS)
def test_the_same_evidence_gives_the_same_bytes_but_for_the_time(form):
    make = FORMS[form]
    one, later = dossier_of("words"), replace(dossier_of("words"), created="2027-02-03T04:05:06Z")
    assert make(one) == make(dossier_of("words"))
    stamps = r"20\d\d-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?( UTC|Z|\+00:00)"
    assert make(one) != make(later)
    assert re.sub(stamps, "TIME", make(one)) == re.sub(stamps, "TIME", make(later))


def test_the_ending_says_what_is_written(tmp_path: Path):
    found = dossier_of("words")
    for ending in (".html", ".json", ".cdx.json"):
        file = tmp_path / f"a{ending}"
        assert write_dossier(found, str(file)) == {str(file): digest_of(file.read_bytes())}
    assert "modelCard" in (tmp_path / "a.cdx.json").read_text()
    assert json.loads((tmp_path / "a.json").read_text())["type"] == "model card 1"
    with pytest.raises(UsageError, match="does not say by its ending"):
        write_dossier(found, str(tmp_path / "a.docx"))
    with pytest.raises(UsageError, match="cannot be written"):
        write_dossier(found, str(tmp_path / "nowhere" / "a.html"))


def test_a_folder_gets_all_of_it(tmp_path: Path):
    written = write_dossier(dossier_of("words"), f"{tmp_path}/made/here/")
    names = {Path(path).name for path in written}
    assert names == {"dossier.html", "dossier.json", "dossier.cdx.json"}
    for path, digest in written.items():
        assert digest_of(Path(path).read_bytes()) == digest


def test_without_a_browser_a_pdf_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("NOTEWRIGHT_CHROMIUM", str(tmp_path / "none"))
    with pytest.raises(NoBrowser, match="print it from a browser"):
        write_dossier(dossier_of("words"), str(tmp_path / "a.pdf"))
    broken = tmp_path / "broken"
    broken.write_text("#!/bin/sh\nexit 3\n")
    broken.chmod(0o755)
    monkeypatch.setenv("NOTEWRIGHT_CHROMIUM", str(broken))
    with pytest.raises(NoBrowser, match="did not print"):
        write_dossier(dossier_of("words"), str(tmp_path / "a.pdf"))
    assert not (tmp_path / "a.pdf").exists()
