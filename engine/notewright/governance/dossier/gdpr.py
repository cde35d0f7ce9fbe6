"""GDPR Article 22, and what belongs to a record of automated decisions."""

from __future__ import annotations

from notewright.governance.dossier.clauses import Clause, Framework

GDPR = Framework(
    "gdpr",
    "GDPR, Article 22 record",
    "Regulation (EU) 2016/679",
    "Article 22 and the duties that come with automated decisions about people. Recital 71 binds "
    "nobody; it says how Article 22 is to be read.",
    (
        Clause(
            "Article 22(1)",
            "Whether it decides alone, with legal effects on the person or as large ones",
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
            "Special categories of data are kept out, or there are a ground and safeguards",
            ("stated.special_categories", "checks.privacy"),
        ),
        Clause(
            "Article 13(2)(f)",
            "What persons are told: that it decides, its logic, and what follows",
            ("stated.automated_decision", "stated.information_given"),
        ),
        Clause(
            "Article 14(2)(g)",
            "The same, where their data came from elsewhere",
            ("stated.automated_decision", "stated.information_given", "stated.data"),
        ),
        Clause(
            "Article 15(1)(h)",
            "The same on request, with how one decision came about in words that can be understood",
            (
                "stated.automated_decision",
                "stated.information_given",
                "stated.output_interpretation",
                "predictions",
            ),
            ("cells", "parameters", "checks.explainability"),
        ),
        Clause(
            "Recital 71, procedures",
            "Sound statistics, and errors are looked for and kept few",
            ("checks.performance", "checks.data_quality", "intervals", "stated.risk_measures"),
        ),
        Clause(
            "Recital 71, discrimination",
            "Discrimination is looked for, and what is done against it",
            ("sensitive", "checks.bias", "stated.risk_measures"),
            ("waivers",),
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
            "The data protection impact assessment that such decisions need",
            ("stated.impact_assessment",),
        ),
    ),
)
