"""The log of every act: append-only, hash-linked, signed, and checkable."""

from notewright.governance.audit.log import AuditLog, Entry
from notewright.governance.audit.verify import AuditVerdict

__all__ = ["AuditLog", "AuditVerdict", "Entry"]
