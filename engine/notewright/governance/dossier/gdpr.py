"""GDPR Article 22, and what belongs to a record of automated decisions."""

from __future__ import annotations

from notewright.governance.dossier.clauses import Clause, Framework

GDPR = Framework(
    "gdpr",
    "GDPR, Article 22 record",
    "Regulation (EU) 2016/679",
    "Article 22 and the duties that come with automated decisions about people.",
    (
        Clause(
            "Article 22(1)",
            "Whether it decides alone, with effects that matter to the person",
            ("stated.automated_decision", "stated.affected_persons"),
        ),
        Clause("Article 22(2)", "On what ground it may", ("stated.legal_basis",)),
        Clause(
            "Article 22(3), intervention",
            "The person can get somebody to look at their case",
            ("stated.human_intervention", "stated.contact"),
        ),
        Clause(
            "Article 22(3), contest",
            "The person can say their view and contest the decision",
            ("stated.appeal_route",),
        ),
        Clause(
            "Article 22(4)",
            "Special categories of data are kept out, or there is a ground",
            ("stated.special_categories", "checks.privacy"),
        ),
        Clause(
            "Article 13(2)(f)",
            "What persons are told of its logic and of what follows",
            ("stated.information_given",),
        ),
        Clause(
            "Article 15(1)(h)",
            "The logic can be shown on request, for one decision",
            ("cells", "parameters", "predictions"),
        ),
        Clause(
            "Recital 71, procedures",
            "Sound statistics, and errors are found and mended",
            ("checks.performance", "checks.data_quality", "intervals"),
        ),
        Clause(
            "Recital 71, discrimination",
            "Discrimination is prevented",
            ("sensitive", "checks.bias"),
        ),
        Clause(
            "Article 5(1)(c)",
            "No more personal data than needed",
            ("checks.privacy", "stated.data"),
        ),
        Clause(
            "Article 5(2)",
            "All of this can be shown",
            ("audit", "approval", "policy"),
        ),
        Clause(
            "Article 35(3)(a)",
            "The data protection impact assessment",
            ("stated.impact_assessment",),
        ),
    ),
)
