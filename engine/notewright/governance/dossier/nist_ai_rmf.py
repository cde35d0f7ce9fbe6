"""NIST AI Risk Management Framework 1.0: the subcategories that are about one model."""

from __future__ import annotations

from notewright.governance.dossier.clauses import Clause, Framework

_GOVERN = (
    Clause("GOVERN 1.1", "Laws and rules that apply are known", ("stated.legal_context",)),
    Clause("GOVERN 1.3", "How much risk management it needs", ("stated.risk_tolerance", "gates")),
    Clause("GOVERN 1.4", "Risk management is by written policy and controls", ("policy", "gates")),
    Clause("GOVERN 1.5", "Monitoring and review are planned", ("stated.monitoring_plan", "roles")),
    Clause("GOVERN 1.6", "Models are listed", ("version", "history")),
    Clause("GOVERN 1.7", "How it is retired", ("stated.lifetime",), ("withdrawals",)),
    Clause("GOVERN 2.1", "Roles and responsibilities are written down", ("stated.owner", "roles")),
    Clause("GOVERN 3.2", "Roles for oversight by people", ("stated.human_oversight", "roles")),
    Clause(
        "GOVERN 4.3",
        "Testing is in place, and incidents are found and told",
        ("checks", "stated.monitoring_plan", "stated.incident_response"),
        ("audit",),
    ),
    Clause("GOVERN 5.1", "Feedback from outside is collected", ("stated.feedback",)),
    Clause("GOVERN 6.1", "Risks from third parties are dealt with", ("stated.third_parties",)),
    Clause(
        "GOVERN 6.2",
        "What happens when something of a third party fails",
        ("stated.third_parties", "stated.incident_response"),
    ),
)

_MAP = (
    Clause(
        "MAP 1.1",
        "Purpose, benefits, laws, setting, users, limits and what can go wrong are understood",
        (
            "stated.intended_use",
            "stated.benefits",
            "stated.legal_context",
            "stated.affected_persons",
            "stated.limitations",
            "stated.risks",
            "stated.metric_rationale",
        ),
    ),
    Clause("MAP 1.4", "What it is worth to the organisation", ("stated.benefits",)),
    Clause("MAP 1.5", "How much risk is tolerated", ("stated.risk_tolerance",)),
    Clause("MAP 1.6", "Requirements are known", ("policy", "stated.design_rationale")),
    Clause(
        "MAP 2.1",
        "The task and the method are defined",
        ("stated.intended_use", "run", "parameters"),
    ),
    Clause(
        "MAP 2.2",
        "Its limits, and how people use and oversee its output",
        ("stated.limitations", "stated.output_interpretation", "stated.human_oversight"),
    ),
    Clause(
        "MAP 2.3",
        "Tests are sound: design, selection of data, fitness for purpose",
        ("rows", "checks.leakage", "stated.representativeness", "stated.metric_rationale"),
    ),
    Clause("MAP 3.1", "Benefits are examined", ("stated.benefits",), ("metrics",)),
    Clause("MAP 3.2", "Costs of its errors are examined", ("stated.risks", "checks.performance")),
    Clause(
        "MAP 3.3", "Where it applies, and where not", ("stated.intended_use", "stated.out_of_scope")
    ),
    Clause("MAP 3.5", "How people oversee it", ("stated.human_oversight",)),
    Clause("MAP 4.1", "Legal risks of its components", ("stated.third_parties", "environment")),
    Clause(
        "MAP 4.2",
        "Controls over its components, those of others too",
        ("environment", "checks.security", "stated.third_parties"),
        ("bill",),
    ),
    Clause(
        "MAP 5.1",
        "How likely and how large its effects are, good and bad",
        ("stated.risks", "stated.benefits", "checks.bias"),
    ),
    Clause("MAP 5.2", "Those affected are heard", ("stated.feedback",)),
)

_MEASURE = (
    Clause(
        "MEASURE 1.1",
        "How risks are measured, and what is not",
        ("policy", "stated.metric_rationale"),
    ),
    Clause(
        "MEASURE 1.2",
        "Metrics and controls fit, and are looked at again",
        ("stated.metric_rationale", "gates", "stated.monitoring_plan", "stated.feedback"),
    ),
    Clause("MEASURE 1.3", "People who did not build it assess it", ("approval", "roles")),
    Clause(
        "MEASURE 2.1",
        "Test sets, metrics and tools are documented",
        ("rows", "metrics", "environment"),
    ),
    Clause(
        "MEASURE 2.3",
        "Performance is measured, in conditions like those of use",
        ("checks.performance", "intervals", "stated.representativeness"),
        ("checks.drift",),
    ),
    Clause("MEASURE 2.4", "It is monitored in production", ("monitoring",)),
    Clause(
        "MEASURE 2.5",
        "How valid and reliable it is, and where not",
        ("checks.performance", "segments", "checks.behaviour", "stated.limitations"),
    ),
    Clause(
        "MEASURE 2.6",
        "Safety risks are evaluated, what remains is within the tolerance, and it fails safely",
        (
            "stated.risks",
            "stated.residual_risks",
            "stated.risk_tolerance",
            "stated.incident_response",
            "approval",
        ),
        ("monitoring",),
    ),
    Clause(
        "MEASURE 2.7",
        "Security and resilience",
        ("stated.cybersecurity", "checks.security", "audit"),
        ("checks.behaviour",),
    ),
    Clause(
        "MEASURE 2.8",
        "Risks of transparency and accountability: who answers, what is told, what is recorded",
        ("stated.owner", "stated.information_given", "stated.risks", "audit", "approval"),
    ),
    Clause(
        "MEASURE 2.9",
        "It is explained and validated, and its output interpreted in context",
        ("cells", "checks.performance", "checks.explainability", "stated.output_interpretation"),
    ),
    Clause("MEASURE 2.10", "Privacy risk", ("checks.privacy",)),
    Clause("MEASURE 2.11", "Fairness and bias", ("sensitive", "checks.bias")),
    Clause(
        "MEASURE 2.12", "Environmental impact", ("stated.environmental_impact",), ("resources",)
    ),
    Clause(
        "MEASURE 3.1", "New risks are found over time", ("monitoring", "stated.monitoring_plan")
    ),
    Clause(
        "MEASURE 3.3",
        "Users and those affected can report and appeal",
        ("stated.feedback", "stated.appeal_route"),
    ),
    Clause(
        "MEASURE 4.3",
        "Better or worse over time is known, from use and from those affected",
        ("history", "monitoring", "stated.outcomes", "stated.feedback"),
    ),
)

_MANAGE = (
    Clause(
        "MANAGE 1.1",
        "It does what it is for, and may go on",
        ("stated.intended_use", "passage", "approval"),
    ),
    Clause(
        "MANAGE 1.2",
        "Risks are treated in order",
        ("stated.risks", "stated.risk_measures"),
        ("checks",),
    ),
    Clause("MANAGE 1.3", "Responses to the large risks are planned", ("stated.risk_measures",)),
    Clause("MANAGE 1.4", "Risks that remain are documented", ("stated.residual_risks",)),
    Clause(
        "MANAGE 2.1",
        "Means that managing its risks takes, and ways to do without it",
        ("stated.risk_measures", "stated.benefits"),
        ("resources",),
    ),
    Clause("MANAGE 2.2", "Its value is kept up", ("stated.lifetime", "monitoring")),
    Clause("MANAGE 2.3", "What is done about unknown risks", ("stated.incident_response",)),
    Clause(
        "MANAGE 2.4",
        "It can be switched off or replaced",
        ("deployment", "stated.human_oversight", "stated.incident_response"),
        ("withdrawals",),
    ),
    Clause(
        "MANAGE 3.1",
        "What others supply is watched",
        ("stated.third_parties", "checks.security"),
        ("bill",),
    ),
    Clause(
        "MANAGE 3.2",
        "Pre-trained models in it are watched",
        ("stated.third_parties", "monitoring"),
    ),
    Clause(
        "MANAGE 4.1",
        "Monitoring as planned: feedback, appeal, overruling, incidents, changes and retirement",
        (
            "stated.monitoring_plan",
            "monitoring",
            "stated.feedback",
            "stated.appeal_route",
            "stated.human_oversight",
            "stated.incident_response",
            "stated.planned_changes",
            "stated.lifetime",
        ),
    ),
    Clause(
        "MANAGE 4.2",
        "Improvements are made and measured, with those concerned",
        ("history", "stated.changes", "stated.feedback"),
    ),
    Clause(
        "MANAGE 4.3", "Incidents are told and followed up", ("stated.incident_response", "audit")
    ),
)

NIST_AI_RMF = Framework(
    "nist-ai-rmf",
    "NIST AI RMF 1.0",
    "NIST AI 100-1",
    "The subcategories that are about one model. Left out are those about an organisation as a "
    "whole (GOVERN 1.2, 2.2, 2.3, 3.1, 4.1, 4.2, 5.2; MAP 1.2, 1.3, 3.4), and about studies and "
    "consultations of which nothing is recorded here (MEASURE 2.2, 2.13, 3.2, 4.1, 4.2).",
    (*_GOVERN, *_MAP, *_MEASURE, *_MANAGE),
)
