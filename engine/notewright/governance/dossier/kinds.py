"""The kinds of evidence there are, and what to do where one is missing."""

from __future__ import annotations

from dataclasses import dataclass

from notewright.governance.checks.documentation import QUESTIONS


@dataclass(frozen=True)
class Kind:
    """One kind of evidence.

    Parameters
    ----------
    id, title : str
        Its name, and how it is headed.
    chapter : str
        Under what it stands in a dossier.
    remedy : str
        What to do where it is missing; ``MODEL`` stands for the version.
    """

    id: str
    title: str
    chapter: str
    remedy: str


_MODEL, _DATA, _TESTS = "The model", "Data and development", "Tests"
_CONTROL, _USE, STATEMENTS = "Policy and control", "Package and use", "Statements"

_TRAIN = "Train the model in a `%%nw run` cell, and register that run."
_CHECK = "Run the checks: `%nw check MODEL`."

_KINDS = (
    Kind(
        "version", "Model version", _MODEL, "Register a run's model: `%nw register RUN --as NAME`."
    ),
    Kind("history", "Versions", _MODEL, "Register a run's model: `%nw register RUN --as NAME`."),
    Kind("run", "Training run", _MODEL, _TRAIN),
    Kind("parameters", "Parameters", _MODEL, _TRAIN),
    Kind(
        "metrics",
        "Metrics of the run",
        _MODEL,
        "Call the metrics in the `%%nw run` cell (`accuracy_score`, `model.score`), and register "
        "that run.",
    ),
    Kind("resources", "Computing that training took", _MODEL, _TRAIN),
    Kind(
        "data",
        "Data files",
        _DATA,
        "Read the data from files in the notebook, put files that changed back as they were, or "
        "keep them: `%nw dataset add FILE`.",
    ),
    Kind(
        "rows",
        "Rows trained on and scored",
        _DATA,
        "Fit and score the model in the `%%nw run` cell, on rows of a table that is kept in a "
        "variable.",
    ),
    Kind("cells", "Executed cells behind the model", _DATA, _TRAIN),
    Kind("snapshot", "Saved state after training", _DATA, _TRAIN),
    Kind("environment", "Software environment", _DATA, _TRAIN),
    Kind("checks", "Check report", _TESTS, _CHECK),
    Kind(
        "intervals",
        "Performance with its uncertainty",
        _TESTS,
        "Let `performance.floor` or `performance.against_dummy` run: `%nw check MODEL`.",
    ),
    Kind("segments", "Performance in parts of the rows", _TESTS, _CHECK),
    Kind(
        "policy",
        "Policy in force",
        _CONTROL,
        "Write one: `%nw policy init`, then edit policy.yaml.",
    ),
    Kind(
        "sensitive",
        "Columns whose groups are compared",
        _CONTROL,
        "Name them under `data: sensitive:` in policy.yaml.",
    ),
    Kind("gates", "Gates", _CONTROL, "Name what a version needs under `gates:` in policy.yaml."),
    Kind("waivers", "Waivers", _CONTROL, "Failures may be waived under `waivers:` in policy.yaml."),
    Kind(
        "approval",
        "Approvals",
        _CONTROL,
        "Somebody else with the role that the gate asks for runs `notewright approve MODEL --gate "
        'production --note "..." --key THEIR.key`.',
    ),
    Kind(
        "passage",
        "Passages through gates",
        _CONTROL,
        "Deploying takes a version through its gate; `%nw gate production MODEL` shows what it "
        "still needs.",
    ),
    Kind("withdrawals", "Withdrawals", _CONTROL, "None is needed."),
    Kind(
        "roles",
        "People and roles",
        _CONTROL,
        "Register people and give them roles: `notewright identity create NAME --key FILE`, "
        "`notewright role grant NAME ROLE`.",
    ),
    Kind("audit", "Audit log", _CONTROL, "`%nw audit verify` says what is wrong with it."),
    Kind("retention", "Retention", _CONTROL, _TRAIN),
    Kind("package", "Exported package", _USE, "Export the model: `%nw export MODEL_VARIABLE`."),
    Kind(
        "equivalence",
        "Proof that the package is the model",
        _USE,
        "Export the model: `%nw export MODEL_VARIABLE`.",
    ),
    Kind("bill", "Bill of materials", _USE, "Export the model: `%nw export MODEL_VARIABLE`."),
    Kind("deployment", "Deployments", _USE, "Deploy the package: `%nw deploy NAME`."),
    Kind("predictions", "Prediction log", _USE, "Deploy the package: `%nw deploy NAME`."),
    Kind(
        "monitoring",
        "Monitoring",
        _USE,
        "Deploy the package; when it was asked, `%nw monitor NAME` compares what it was asked "
        "with what it was trained on.",
    ),
)

#: Families of checks whose findings answer something by themselves.
FAMILIES = (
    "data_quality", "leakage", "performance", "behaviour", "bias", "drift", "explainability",
    "documentation", "privacy", "security", "reproducibility",
)  # fmt: skip


def _family(name: str) -> Kind:
    return Kind(f"checks.{name}", f"Checks: {name.replace('_', ' ')}", _TESTS, _CHECK)


def _statement(name: str) -> Kind:
    return Kind(
        f"stated.{name}",
        name.replace("_", " ").capitalize(),
        STATEMENTS,
        f"Add a line `{name}: ...` under `documentation:` in policy.yaml.",
    )


#: Every kind by its name, in the order in which a dossier shows them.
KINDS = {kind.id: kind for kind in (*_KINDS, *map(_family, FAMILIES), *map(_statement, QUESTIONS))}
#: The chapters, in the same order.
CHAPTERS = (STATEMENTS, _MODEL, _DATA, _TESTS, _CONTROL, _USE)
