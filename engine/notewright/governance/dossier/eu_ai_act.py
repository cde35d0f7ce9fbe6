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
        "Annex IV(1)(c)",
        "Versions of the software it needs, and what updates of it ask for",
        ("environment", "stated.lifetime"),
        ("package", "bill"),
    ),
    Clause("Annex IV(1)(d)", "Forms in which it is handed over", ("package",), ("deployment",)),
    Clause("Annex IV(1)(e)", "Hardware it is meant to run on", ("stated.hardware",)),
    Clause(
        "Annex IV(1)(f)",
        "Pictures of the product it is part of, if any",
        ("stated.product_component",),
    ),
    Clause("Annex IV(1)(g)", "What its users see of it", ("stated.user_interface",)),
    Clause(
        "Annex IV(1)(h)",
        "Instructions for its use, with what its users see of it",
        ("stated.instructions_for_use", "stated.user_interface"),
    ),
    Clause(
        "Annex IV(2)(a)",
        "How it was developed, and what of others went into it",
        ("run", "cells", "stated.third_parties"),
        ("snapshot",),
    ),
    Clause(
        "Annex IV(2)(b)",
        "Design: its logic, the choices and trade-offs made and why, what it optimises, for whom, "
        "what comes out and how good that is",
        (
            "stated.design_rationale",
            "stated.affected_persons",
            "stated.output_interpretation",
            "parameters",
            "cells",
            "metrics",
        ),
    ),
    Clause(
        "Annex IV(2)(c)",
        "How its parts build on each other, and the computing it took",
        ("cells", "resources", "stated.hardware"),
        ("package",),
    ),
    Clause(
        "Annex IV(2)(d)",
        "Data: where from, how chosen, labelled and cleaned, and what they are like",
        (
            "data",
            "rows",
            "cells",
            "stated.data",
            "stated.labelling",
            "stated.representativeness",
            "checks.data_quality",
        ),
    ),
    Clause(
        "Annex IV(2)(e)",
        "Human oversight that is needed, and what helps to read its output",
        ("stated.human_oversight", "stated.output_interpretation"),
    ),
    Clause(
        "Annex IV(2)(f)",
        "Changes decided in advance, and how the requirements are still met then",
        ("stated.planned_changes",),
    ),
    Clause(
        "Annex IV(2)(g)",
        "Validation and tests: data, metrics, robustness, discrimination, dated and signed reports",
        (
            "rows",
            "metrics",
            "checks.performance",
            "checks.behaviour",
            "checks.bias",
            "approval",
        ),
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
        "Monitoring, functioning and control: limits, accuracy overall and by group, risks, "
        "oversight, reading the output, input",
        (
            "stated.limitations",
            "intervals",
            "checks.bias",
            "stated.risks",
            "stated.human_oversight",
            "stated.output_interpretation",
            "stated.instructions_for_use",
        ),
        ("monitoring", "segments", "rows"),
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
    Clause(
        "Annex IV(6)",
        "Changes through its lifecycle",
        ("stated.changes", "history", "audit"),
        ("deployment",),
    ),
    Clause("Annex IV(7)", "Standards applied, or what was done instead", ("stated.standards",)),
    Clause(
        "Annex IV(8)",
        "A copy of the EU declaration of conformity (Article 47)",
        ("stated.declaration_of_conformity",),
    ),
    Clause(
        "Annex IV(9)",
        "How its performance is evaluated in use, and the monitoring plan (Article 72)",
        ("stated.monitoring_plan", "monitoring"),
    ),
)

_RISK = (
    Clause(
        "Article 9(1)",
        "A risk management system is set up, carried out, documented and kept up",
        ("stated.risks", "policy", "gates", "audit"),
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
        "Article 9(4)",
        "How the measures act together is considered",
        ("stated.risk_measures",),
    ),
    Clause(
        "Article 9(5)",
        "Risks are removed by design first, and those that remain are judged acceptable",
        ("stated.risk_measures", "stated.residual_risks", "approval"),
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
        ("data", "rows", "checks.data_quality", "stated.representativeness"),
    ),
    Clause("Article 10(2)(f)", "The data were examined for bias", ("sensitive", "checks.bias")),
    Clause(
        "Article 10(2)(g)",
        "What is done to find, prevent and mitigate bias",
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
        "How relevant, representative, complete and free of errors the data are",
        ("stated.representativeness", "checks.data_quality", "checks.leakage"),
    ),
    Clause(
        "Article 10(4)",
        "Data fit the place and setting of use",
        ("stated.representativeness", "stated.intended_use"),
    ),
    Clause(
        "Article 4a(1)",
        "Special categories of personal data against bias: why they were needed, and how they are "
        "protected",
        ("stated.special_categories", "checks.privacy"),
    ),
)

_RECORDS = (
    Clause(
        "Article 11(1)",
        "Documentation is drawn up before use and kept up to date; what is in it is asked above",
        ("version", "policy", "checks.documentation", "approval", "passage"),
    ),
    Clause(
        "Article 12(1)", "Events are recorded automatically over its life", ("audit", "predictions")
    ),
    Clause(
        "Article 12(2)",
        "What is recorded lets risks be found, and its use be followed",
        ("audit", "predictions", "monitoring"),
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
        "Its accuracy, robustness and cybersecurity, as tested, and what may change them",
        (
            "intervals",
            "metrics",
            "checks.behaviour",
            "checks.security",
            "stated.cybersecurity",
            "stated.limitations",
        ),
        ("segments", "checks.drift"),
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
    Clause(
        "Article 13(3)(b)(vi)",
        "What is to go in, or what data it was made and tested with",
        ("data", "rows"),
        ("stated.instructions_for_use",),
    ),
    Clause(
        "Article 13(3)(b)(vii)",
        "What lets users interpret its output",
        ("stated.output_interpretation", "stated.limitations"),
    ),
    Clause("Article 13(3)(c)", "Changes decided in advance", ("stated.planned_changes",)),
    Clause(
        "Article 13(3)(d)",
        "Human oversight measures, and what helps to read its output",
        ("stated.human_oversight", "stated.output_interpretation"),
    ),
    Clause(
        "Article 13(3)(e)",
        "Resources it needs, how long it is used and how often it is maintained",
        ("stated.hardware", "stated.lifetime"),
        ("environment", "resources"),
    ),
    Clause(
        "Article 13(3)(f)",
        "How its logs are kept and read",
        ("predictions", "stated.instructions_for_use"),
        ("audit",),
    ),
)

_OVERSIGHT = (
    Clause(
        "Article 14(1)",
        "People can oversee it in use, by what they see of it",
        ("stated.human_oversight", "stated.user_interface", "roles"),
    ),
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
        ("stated.human_oversight",),
    ),
    Clause(
        "Article 14(4)(e)",
        "Overseers can stop it",
        ("stated.human_oversight", "stated.incident_response", "deployment"),
        ("withdrawals",),
    ),
)

_SOUND = (
    Clause(
        "Article 15(1)",
        "How accurate, robust and secure it is, all its life",
        (
            "checks.performance",
            "intervals",
            "checks.behaviour",
            "monitoring",
            "stated.cybersecurity",
        ),
        ("segments", "checks.security"),
    ),
    Clause(
        "Article 15(3)",
        "Levels and metrics of accuracy are declared",
        ("metrics", "intervals", "stated.instructions_for_use"),
    ),
    Clause(
        "Article 15(4)",
        "How it stands up to errors, faults and changed input, and to feedback loops where it "
        "learns on",
        ("checks.behaviour", "checks.drift", "stated.incident_response", "stated.planned_changes"),
        ("deployment", "segments"),
    ),
    Clause(
        "Article 15(5)",
        "What protects it against those who would alter data, model or use",
        ("stated.cybersecurity", "audit", "data"),
        ("snapshot", "package", "checks.security"),
    ),
)

EU_AI_ACT = Framework(
    "eu-ai-act",
    "EU AI Act",
    "Regulation (EU) 2024/1689, as amended by Regulation (EU) 2026/1744",
    "Annex IV (technical documentation), Articles 9 to 15, and Article 4a(1), to which Article 10 "
    "refers. Of what the instructions for use must contain (13(3), 15(3)), it is asked whether it "
    "is there. Left out are paragraphs that only frame others (9(3), 9(7), 10(1), 14(2), 15(2)), "
    "and those about products under other laws (9(10), 11(2)), powers of the Commission (11(3)), "
    "systems that are not trained (10(6)) and biometric identification (12(3), 14(5)). Whether "
    "the system is high-risk is not decided here.",
    (*_ANNEX, *_RISK, *_DATA, *_RECORDS, *_TRANSPARENCY, *_OVERSIGHT, *_SOUND),
)
