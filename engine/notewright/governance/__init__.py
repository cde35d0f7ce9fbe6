"""Checks, policies, roles, approvals and the audit log: who decided what, on which evidence."""
