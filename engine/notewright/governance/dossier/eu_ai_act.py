"""The EU AI Act: Annex IV, and Articles 9 to 15."""

from __future__ import annotations

from notewright.governance.dossier.clauses import Clause, Framework

_ANNEX = (
    Clause(
        "Annex IV(1)(a)",
        "What it is for, who provides it, which version it is and what came before",
        ("stated.intended_use", "stated.owner", "version", "history"),
    ),
    Clause(
        "Annex IV(1)(b)",
        "Hardware, software and AI systems it works with",
        ("stated.interactions",),
    ),
    Clause(
        "Annex IV(1)(c)", "Versions of the software it needs", ("environment",), ("package", "bill")
    ),
    Clause("Annex IV(1)(d)", "Forms in which it is handed over", ("package",), ("deployment",)),
    Clause("Annex IV(1)(e)", "Hardware it is meant to run on", ("stated.hardware",)),
    Clause("Annex IV(1)(f)", "The product it is part of, if any", ("stated.product_component",)),
    Clause("Annex IV(1)(g)", "What its users see of it", ("stated.user_interface",)),
    Clause("Annex IV(1)(h)", "Instructions for its use", ("stated.instructions_for_use",)),
    Clause(
        "Annex IV(2)(a)",
        "How it was developed, and what of others went into it",
        ("run", "cells", "stated.third_parties"),
        ("snapshot",),
    ),
    Clause(
        "Annex IV(2)(b)",
        "Design: its logic, the choices made and why, what it optimises, for whom",
        ("stated.design_rationale", "stated.affected_persons", "parameters", "cells"),
        ("metrics",),
    ),
    Clause(
        "Annex IV(2)(c)",
        "How its parts build on each other, and the computing it took",
        ("cells", "resources"),
        ("package",),
    ),
    Clause(
        "Annex IV(2)(d)",
        "Data: where from, how chosen, labelled and cleaned, and what they are like",
        ("data", "rows", "stated.data", "stated.labelling", "checks.data_quality"),
        ("cells",),
    ),
    Clause(
        "Annex IV(2)(e)",
        "Human oversight that is needed, and what helps to read its output",
        ("stated.human_oversight", "stated.output_interpretation"),
    ),
    Clause("Annex IV(2)(f)", "Changes decided in advance", ("stated.planned_changes",)),
    Clause(
        "Annex IV(2)(g)",
        "Validation and tests: data, metrics, discrimination, dated and signed reports",
        ("rows", "metrics", "checks.performance", "checks.bias", "approval"),
        ("checks.leakage", "checks.drift", "gates"),
    ),
    Clause(
        "Annex IV(2)(h)",
        "Cybersecurity measures",
        ("stated.cybersecurity",),
        ("audit", "snapshot", "package", "checks.security"),
    ),
    Clause(
        "Annex IV(3)",
        "Monitoring, functioning and control: limits, accuracy by group, risks, oversight, input",
        (
            "stated.limitations",
            "intervals",
            "checks.bias",
            "stated.risks",
            "stated.human_oversight",
            "rows",
        ),
        ("monitoring", "segments"),
    ),
    Clause(
        "Annex IV(4)",
        "Why the performance metrics fit",
        ("stated.metric_rationale", "metrics"),
        ("policy",),
    ),
    Clause(
        "Annex IV(5)",
        "Risk management system (Article 9)",
        ("stated.risks", "stated.risk_measures", "stated.residual_risks", "gates"),
        ("waivers",),
    ),
    Clause("Annex IV(6)", "Changes through its lifecycle", ("history", "audit"), ("deployment",)),
    Clause("Annex IV(7)", "Standards applied, or what was done instead", ("stated.standards",)),
    Clause("Annex IV(8)", "EU declaration of conformity", ("stated.declaration_of_conformity",)),
    Clause(
        "Annex IV(9)",
        "How its performance is evaluated in use, and the monitoring plan",
        ("stated.monitoring_plan", "monitoring"),
    ),
)

_RISK = (
    Clause(
        "Article 9(1)",
        "A risk management system is set up, carried out, documented and kept up",
        ("policy", "gates", "audit"),
    ),
    Clause(
        "Article 9(2)(a)",
        "Known and foreseeable risks are identified",
        ("stated.risks", "stated.affected_persons"),
    ),
    Clause(
        "Article 9(2)(b)",
        "Risks of the intended use and of foreseeable misuse are evaluated",
        ("stated.intended_use", "stated.out_of_scope", "stated.risks"),
        ("checks.bias", "checks.performance"),
    ),
    Clause(
        "Article 9(2)(c)",
        "Risks that show in use are evaluated",
        ("stated.monitoring_plan", "monitoring"),
        ("checks.drift",),
    ),
    Clause(
        "Article 9(2)(d)",
        "Measures against the risks are taken",
        ("stated.risk_measures", "gates"),
        ("waivers",),
    ),
    Clause(
        "Article 9(5)",
        "The risks that remain are judged acceptable",
        ("stated.residual_risks", "approval"),
        ("waivers",),
    ),
    Clause("Article 9(6)", "It was tested", ("checks.performance", "metrics"), ("intervals",)),
    Clause(
        "Article 9(8)",
        "Tests were against metrics and limits set beforehand, before it was used",
        ("policy", "checks.performance", "passage"),
    ),
    Clause(
        "Article 9(9)",
        "Minors and others who need protection were considered",
        ("stated.vulnerable_groups",),
    ),
)

_DATA = (
    Clause(
        "Article 10(2)(a)", "Design choices about the data", ("stated.design_rationale", "rows")
    ),
    Clause(
        "Article 10(2)(b)", "Where the data are from, collected for what", ("stated.data", "data")
    ),
    Clause(
        "Article 10(2)(c)",
        "How the data were prepared: labelled, cleaned, enriched",
        ("stated.labelling", "cells"),
    ),
    Clause(
        "Article 10(2)(d)",
        "What the data are assumed to measure",
        ("stated.design_rationale", "stated.representativeness"),
    ),
    Clause(
        "Article 10(2)(e)",
        "Whether the data are there, enough and suitable",
        ("data", "checks.data_quality"),
    ),
    Clause("Article 10(2)(f)", "The data were examined for bias", ("sensitive", "checks.bias")),
    Clause(
        "Article 10(2)(g)",
        "Bias is found, prevented and mitigated",
        ("checks.bias", "stated.risk_measures"),
        ("waivers",),
    ),
    Clause(
        "Article 10(2)(h)",
        "Gaps in the data, and what is done about them",
        ("stated.representativeness", "checks.data_quality"),
    ),
    Clause(
        "Article 10(3)",
        "Data are relevant, representative, and as free of errors as can be",
        ("stated.representativeness", "checks.data_quality", "checks.leakage"),
    ),
    Clause(
        "Article 10(4)",
        "Data fit the place and setting of use",
        ("stated.representativeness", "stated.intended_use"),
    ),
    Clause(
        "Article 10(5)",
        "Special categories of personal data, and why they were needed",
        ("stated.special_categories", "checks.privacy"),
    ),
)

_RECORDS = (
    Clause(
        "Article 11(1)",
        "Documentation is drawn up before use and kept up to date",
        ("version", "policy", "checks.documentation", "approval"),
    ),
    Clause(
        "Article 12(1)", "Events are recorded automatically over its life", ("audit", "predictions")
    ),
    Clause(
        "Article 12(2)",
        "What is recorded lets risks be found, and its use be followed",
        ("audit", "monitoring"),
        ("retention",),
    ),
)

_TRANSPARENCY = (
    Clause("Article 13(1)", "Users can read its output rightly", ("stated.output_interpretation",)),
    Clause("Article 13(2)", "It comes with instructions for use", ("stated.instructions_for_use",)),
    Clause(
        "Article 13(3)(a)", "Who provides it and whom to ask", ("stated.owner", "stated.contact")
    ),
    Clause("Article 13(3)(b)(i)", "What it is for", ("stated.intended_use",)),
    Clause(
        "Article 13(3)(b)(ii)",
        "Its accuracy, robustness and cybersecurity, as tested",
        ("intervals", "metrics", "stated.cybersecurity"),
        ("segments", "checks.drift", "checks.behaviour", "checks.security"),
    ),
    Clause(
        "Article 13(3)(b)(iii)",
        "Circumstances in which using it is risky",
        ("stated.limitations", "stated.risks"),
    ),
    Clause(
        "Article 13(3)(b)(iv)",
        "What helps to explain an output",
        ("stated.output_interpretation",),
        ("checks.explainability",),
    ),
    Clause(
        "Article 13(3)(b)(v)",
        "How well it works for particular groups of persons",
        ("sensitive", "checks.bias"),
        ("segments",),
    ),
    Clause("Article 13(3)(b)(vi)", "What goes in, and the data it was made with", ("data", "rows")),
    Clause(
        "Article 13(3)(b)(vii)",
        "What lets users interpret its output",
        ("stated.output_interpretation", "stated.limitations"),
    ),
    Clause("Article 13(3)(c)", "Changes decided in advance", ("stated.planned_changes",)),
    Clause("Article 13(3)(d)", "Human oversight measures", ("stated.human_oversight",)),
    Clause(
        "Article 13(3)(e)",
        "Resources it needs, how long it is used and how it is maintained",
        ("stated.hardware", "stated.lifetime"),
        ("environment", "resources"),
    ),
    Clause("Article 13(3)(f)", "How its logs are kept and read", ("predictions",), ("audit",)),
)

_OVERSIGHT = (
    Clause("Article 14(1)", "People can oversee it in use", ("stated.human_oversight", "roles")),
    Clause(
        "Article 14(3)",
        "Oversight fits the risks, built in or by the user",
        ("stated.human_oversight", "stated.risks", "gates"),
    ),
    Clause(
        "Article 14(4)(a)",
        "Overseers know what it can and cannot do, and watch how it works",
        ("stated.limitations", "monitoring"),
    ),
    Clause(
        "Article 14(4)(b)",
        "Overseers are warned not to rely on it too much",
        ("stated.human_oversight", "stated.instructions_for_use"),
    ),
    Clause(
        "Article 14(4)(c)",
        "Overseers can read its output rightly",
        ("stated.output_interpretation",),
    ),
    Clause(
        "Article 14(4)(d)",
        "Overseers can decide not to use it, or overrule it",
        ("stated.human_intervention",),
    ),
    Clause(
        "Article 14(4)(e)",
        "Overseers can stop it",
        ("stated.incident_response", "deployment"),
        ("withdrawals",),
    ),
)

_SOUND = (
    Clause(
        "Article 15(1)",
        "It is accurate, robust and secure enough, all its life",
        ("checks.performance", "intervals", "monitoring", "stated.cybersecurity"),
        ("segments", "checks.behaviour", "checks.security"),
    ),
    Clause(
        "Article 15(3)",
        "Levels and metrics of accuracy are declared",
        ("metrics", "intervals", "stated.instructions_for_use"),
    ),
    Clause(
        "Article 15(4)",
        "It stands up to errors, faults and changed input, and feedback loops",
        ("segments", "checks.drift", "stated.incident_response"),
        ("deployment", "checks.behaviour"),
    ),
    Clause(
        "Article 15(5)",
        "It stands up to those who would alter data, model or use",
        ("stated.cybersecurity", "audit", "data"),
        ("snapshot", "package", "checks.security"),
    ),
)

EU_AI_ACT = Framework(
    "eu-ai-act",
    "EU AI Act",
    "Regulation (EU) 2024/1689",
    "Annex IV (technical documentation) and Articles 9 to 15. Whether the system is high-risk is "
    "not decided here.",
    (*_ANNEX, *_RISK, *_DATA, *_RECORDS, *_TRANSPARENCY, *_OVERSIGHT, *_SOUND),
)
