"""SR 11-7: guidance of the Federal Reserve and the OCC on model risk, until 2026."""

from __future__ import annotations

from notewright.governance.dossier.clauses import Clause, Framework

_CLAUSES = (
    Clause(
        "IV, purpose",
        "A clear statement of purpose",
        ("stated.intended_use", "stated.design_rationale"),
    ),
    Clause(
        "IV, design and theory",
        "Design, method and parameters, with their limits, next to alternatives",
        ("parameters", "cells", "stated.design_rationale", "stated.limitations"),
    ),
    Clause(
        "IV, data",
        "Quality and relevance of the data, proxies and gaps",
        ("data", "checks.data_quality", "stated.data", "stated.representativeness"),
        ("checks.leakage",),
    ),
    Clause(
        "IV, testing",
        "Tests of accuracy, robustness and stability, and where it fails",
        ("checks.performance", "intervals", "segments", "checks.leakage", "checks.behaviour"),
        ("checks.drift",),
    ),
    Clause("IV, testing documentation", "Tests and results are documented", ("checks", "audit")),
    Clause(
        "IV, implementation",
        "Controls and tests that what is handed over is what was developed",
        ("package", "equivalence"),
        ("bill",),
    ),
    Clause(
        "IV, use",
        "How it is used, by whom, and what users report",
        ("stated.intended_use", "stated.instructions_for_use", "stated.feedback"),
        ("deployment",),
    ),
    Clause(
        "IV, uncertainty",
        "How uncertain its results are, and how that is allowed for",
        ("intervals", "stated.output_interpretation"),
    ),
    Clause(
        "V, independence",
        "Validated by people who did not develop it, with the standing to object",
        ("approval", "roles"),
    ),
    Clause(
        "V.1, conceptual soundness",
        "Evaluation of the design and of the evidence for it",
        (
            "stated.design_rationale",
            "stated.metric_rationale",
            "cells",
            "checks.performance",
            "approval",
        ),
        ("checks.behaviour",),
    ),
    Clause(
        "V.2, ongoing monitoring",
        "It is watched in use, and compared with benchmarks",
        ("stated.monitoring_plan", "monitoring"),
        ("checks.performance",),
    ),
    Clause(
        "V.2, process verification",
        "It works as designed, inputs stay what they should be, and changes of code are logged",
        ("equivalence", "monitoring", "cells", "audit"),
        ("snapshot", "data"),
    ),
    Clause(
        "V.3, outcomes analysis",
        "Its output is compared with what came true",
        ("stated.outcomes", "metrics", "checks.performance"),
        ("rows",),
    ),
    Clause(
        "V, third-party products",
        "Models, data and services of others are validated too",
        ("stated.third_parties",),
        ("bill",),
    ),
    Clause(
        "VI, policies and procedures",
        "Written policy with targets and limits, and what happens where they are missed",
        ("policy", "gates"),
        ("waivers",),
    ),
    Clause(
        "VI, roles and responsibilities",
        "Who owns, controls and approves it",
        ("stated.owner", "roles"),
    ),
    Clause(
        "VI, internal audit",
        "Records of its use and validation that somebody else can verify",
        ("audit", "checks", "approval", "predictions"),
    ),
    Clause(
        "VI, model inventory",
        "It is listed: its use and where not, its versions, state, people, exceptions, and how "
        "long it stands",
        (
            "version",
            "history",
            "stated.intended_use",
            "stated.out_of_scope",
            "stated.owner",
            "stated.lifetime",
            "checks",
            "waivers",
        ),
        ("deployment", "approval"),
    ),
    Clause(
        "VI, documentation",
        "Documented so that others can understand and run it, with limits and assumptions",
        (
            "checks.documentation",
            "cells",
            "environment",
            "stated.limitations",
            "stated.design_rationale",
        ),
        ("checks.reproducibility",),
    ),
)

SR_11_7 = Framework(
    "sr-11-7",
    "SR 11-7",
    "Federal Reserve SR 11-7 / OCC 2011-12, of 4 April 2011",
    "Sections IV to VI, as far as they are about one model. What they ask of a bank's board, of "
    "its models together and of outside help is left out. SR 26-2 replaced this guidance on "
    "17 April 2026; it is here for policies and dossiers that still go by it.",
    _CLAUSES,
)
