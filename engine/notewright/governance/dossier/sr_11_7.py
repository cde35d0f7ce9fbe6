"""SR 11-7: guidance of the Federal Reserve and the OCC on model risk."""

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
        "Design, method and parameters, with their limits",
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
        ("checks.performance", "intervals", "segments", "checks.leakage"),
        ("checks.drift", "checks.behaviour"),
    ),
    Clause("IV, testing documentation", "Tests and results are documented", ("checks", "audit")),
    Clause(
        "IV, implementation",
        "What runs is what was developed, with controlled inputs",
        ("package", "equivalence"),
        ("bill",),
    ),
    Clause(
        "IV, use",
        "How it is used, by whom, and what users report",
        ("stated.instructions_for_use", "stated.feedback"),
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
        ("stated.design_rationale", "stated.metric_rationale", "cells", "checks.performance"),
    ),
    Clause(
        "V.2, ongoing monitoring",
        "It is watched in use, and benchmarks are kept",
        ("stated.monitoring_plan", "monitoring"),
    ),
    Clause(
        "V.2, process verification",
        "Inputs and code are what they should be, and changes are logged",
        ("snapshot", "data", "audit"),
        ("equivalence",),
    ),
    Clause(
        "V.3, outcomes analysis",
        "Its output is compared with what came true",
        ("metrics", "rows", "checks.performance"),
    ),
    Clause(
        "V, third-party products",
        "Models, data and services of others are validated too",
        ("stated.third_parties",),
        ("bill",),
    ),
    Clause(
        "VI, policies and procedures",
        "Written policy with limits, and what was let pass and why",
        ("policy", "gates"),
        ("waivers",),
    ),
    Clause(
        "VI, roles and responsibilities",
        "Who owns, controls and approves it",
        ("stated.owner", "roles"),
    ),
    Clause("VI, internal audit", "Somebody else can verify all of this", ("audit",)),
    Clause(
        "VI, model inventory",
        "It is listed, with its versions and state",
        ("version", "history"),
        ("deployment",),
    ),
    Clause(
        "VI, documentation",
        "Documented so that others can understand and run it",
        ("checks.documentation", "cells", "environment", "stated.limitations"),
        ("checks.reproducibility",),
    ),
)

SR_11_7 = Framework(
    "sr-11-7",
    "SR 11-7",
    "Federal Reserve SR 11-7 / OCC 2011-12",
    "Sections IV to VI, as far as they are about one model. What they ask of a bank's board, and "
    "of its models together, is left out.",
    _CLAUSES,
)
