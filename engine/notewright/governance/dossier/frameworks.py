"""The frameworks that a dossier answers."""

from __future__ import annotations

from notewright.governance.dossier.eu_ai_act import EU_AI_ACT
from notewright.governance.dossier.gdpr import GDPR
from notewright.governance.dossier.nist_ai_rmf import NIST_AI_RMF
from notewright.governance.dossier.sr_11_7 import SR_11_7
from notewright.governance.dossier.sr_26_2 import SR_26_2

FRAMEWORKS = (EU_AI_ACT, SR_26_2, SR_11_7, NIST_AI_RMF, GDPR)
