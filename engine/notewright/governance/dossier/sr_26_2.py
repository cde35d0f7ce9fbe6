"""SR 26-2: guidance of the Federal Reserve, the OCC and the FDIC on model risk, since 2026."""

from __future__ import annotations

from notewright.governance.dossier.clauses import Clause, Framework

_CLAUSES = (
    Clause(
        "Section III, inherent risk",
        "What it assumes, how complex it is, and what its inputs and data allow",
        (
            "parameters",
            "data",
            "stated.design_rationale",
            "stated.limitations",
            "stated.representativeness",
        ),
    ),
    Clause(
        "Section III, materiality",
        "What hangs on its output, and what it is for: the more, the closer it is watched",
        ("stated.materiality", "stated.intended_use"),
        ("deployment", "predictions", "stated.risk_tolerance"),
    ),
    Clause(
        "Section III, effective challenge",
        "Experts who are independent enough, and have a say, examine it and can have it changed",
        ("approval", "roles"),
        ("gates", "withdrawals"),
    ),
    Clause(
        "Section IV, purpose",
        "Development starts from a clear purpose, and fits the use",
        ("stated.intended_use", "stated.design_rationale"),
    ),
    Clause(
        "Section IV, method",
        "Method, inputs and assumptions, with the developers' own judgement in them",
        ("parameters", "cells", "stated.design_rationale", "stated.data"),
    ),
    Clause(
        "Section IV, testing",
        "Tests on rows and times that it did not learn from, and next to other assumptions and "
        "methods",
        ("rows", "intervals", "checks.performance", "checks.leakage", "stated.design_rationale"),
        ("segments", "checks.behaviour", "checks.drift"),
    ),
    Clause(
        "Section IV, data",
        "A critical look at the data: quality, relevance, inputs",
        ("data", "checks.data_quality", "stated.data", "stated.representativeness"),
        ("checks.leakage",),
    ),
    Clause(
        "Section IV, use",
        "Who uses it knows its limits",
        (
            "stated.limitations",
            "stated.instructions_for_use",
            "stated.output_interpretation",
        ),
    ),
    Clause(
        "Section IV, other uses",
        "What it is not for is said, and another use is looked into before",
        ("stated.out_of_scope", "gates"),
    ),
    Clause(
        "Section V, validation",
        "Whether it does what is expected, how reliable it is and where not, as thoroughly as "
        "it matters",
        ("checks", "policy", "approval", "stated.limitations"),
        ("checks.reproducibility",),
    ),
    Clause(
        "Section V, before use",
        "It is validated before it is first used; until then its limits are told and its use is "
        "limited or watched",
        ("gates", "passage"),
        ("approval", "waivers", "monitoring"),
    ),
    Clause(
        "Section V, conceptual soundness",
        "Design, choice of data, construction and tests are assessed and documented; where theory "
        "says little, by how it can be explained or next to other models",
        (
            "stated.design_rationale",
            "stated.metric_rationale",
            "cells",
            "checks.performance",
            "approval",
        ),
        ("checks.explainability", "checks.behaviour"),
    ),
    Clause(
        "Section V, outcomes analysis",
        "Its output is compared with what came true, by what it is used for",
        ("stated.outcomes", "metrics", "checks.performance"),
        ("rows", "intervals"),
    ),
    Clause(
        "Section V, thresholds",
        "Limits of performance are set; where they are missed for long, it is adjusted or made "
        "anew",
        ("policy", "gates", "stated.lifetime"),
        ("checks.performance", "withdrawals"),
    ),
    Clause(
        "Section V, ongoing monitoring",
        "It is watched as products, clients, data and markets change, as often as it matters",
        ("stated.monitoring_plan", "monitoring"),
        ("checks.drift", "predictions"),
    ),
    Clause(
        "Section V, response",
        "What is done when something comes up, before and after it is approved",
        ("stated.incident_response", "stated.limitations"),
        ("withdrawals",),
    ),
    Clause(
        "Section V, remaining risk",
        "Risk remains after validation: it is told to users, who do not rely on the output alone",
        ("stated.residual_risks", "stated.human_oversight"),
    ),
    Clause(
        "Section VI, roles and responsibilities",
        "Who answers for development, validation and monitoring, free of conflicting interests",
        ("stated.owner", "roles", "approval"),
    ),
    Clause(
        "Section VI, internal audit",
        "Records from which others can tell whether it is managed as the policy says",
        ("audit", "policy", "checks"),
        ("approval", "predictions"),
    ),
    Clause(
        "Section VI, model inventory",
        "It is listed with what one needs to understand its risk",
        (
            "version",
            "history",
            "stated.intended_use",
            "stated.owner",
            "stated.limitations",
            "stated.materiality",
            "checks",
        ),
        ("deployment", "approval", "waivers"),
    ),
    Clause(
        "Section VI, documentation",
        "Documented so that work on it can go on, and what was found, answered and excepted is "
        "kept",
        ("checks.documentation", "cells", "environment", "waivers", "audit"),
        ("checks.reproducibility", "stated.changes"),
    ),
    Clause(
        "Section VII, third-party products",
        "Models, data and services of others are understood, validated and watched too",
        ("stated.third_parties",),
        ("bill",),
    ),
)

SR_26_2 = Framework(
    "sr-26-2",
    "SR 26-2",
    "Federal Reserve SR 26-2 / OCC 2026-13, with the FDIC, of 17 April 2026",
    "Sections III to VII, as far as they are about one model. What they say of a bank's models "
    "together, of how it is organised and of what internal audit itself does is left out. The "
    "guidance calls itself neither enforceable nor prescriptive, is meant mostly for banks with "
    "more than 30 billion dollars in assets, and leaves generative and agentic AI out. Its "
    "sections have no numbered paragraphs: what follows their numbers here is our own.",
    _CLAUSES,
)
