-- Who may act, what was checked, what was approved, and the log of every act.
CREATE TABLE identities (
    name TEXT PRIMARY KEY,
    public TEXT NOT NULL UNIQUE,
    seq INTEGER NOT NULL UNIQUE,
    body TEXT NOT NULL,
    signature TEXT NOT NULL
);
CREATE TABLE role_grants (
    seq INTEGER PRIMARY KEY,
    body TEXT NOT NULL,
    signature TEXT NOT NULL
);
CREATE TABLE check_reports (
    id TEXT PRIMARY KEY,
    digest TEXT NOT NULL,
    version TEXT NOT NULL,
    policy TEXT NOT NULL,
    passed INTEGER NOT NULL,
    created TEXT NOT NULL
);
CREATE INDEX check_reports_by_version ON check_reports (version, created);
CREATE TABLE approvals (
    id TEXT PRIMARY KEY,
    digest TEXT NOT NULL UNIQUE,
    nonce TEXT NOT NULL UNIQUE,
    gate TEXT NOT NULL,
    version TEXT NOT NULL,
    signer TEXT NOT NULL,
    created TEXT NOT NULL
);
CREATE INDEX approvals_by_version ON approvals (version, gate, created);
-- One row each time a version first goes through a gate; an approval is used once.
CREATE TABLE passages (
    id TEXT PRIMARY KEY,
    digest TEXT NOT NULL,
    gate TEXT NOT NULL,
    version TEXT NOT NULL,
    evidence TEXT NOT NULL,
    created TEXT NOT NULL
);
CREATE INDEX passages_by_version ON passages (version, gate, created);
CREATE TABLE approval_uses (
    approval TEXT PRIMARY KEY REFERENCES approvals (id),
    passage TEXT NOT NULL REFERENCES passages (id)
);
CREATE TABLE revocations (
    id TEXT PRIMARY KEY,
    digest TEXT NOT NULL,
    gate TEXT NOT NULL,
    version TEXT NOT NULL,
    created TEXT NOT NULL
);
-- The columns for looking things up are computed from the signed text, so they
-- cannot be edited apart from it.
CREATE TABLE audit_entries (
    n INTEGER PRIMARY KEY,
    entry TEXT NOT NULL,
    leaf TEXT NOT NULL,
    root TEXT NOT NULL,
    signature TEXT NOT NULL,
    act TEXT GENERATED ALWAYS AS
        (CASE WHEN json_valid(entry) THEN json_extract(entry, '$.act') END) VIRTUAL,
    subject TEXT GENERATED ALWAYS AS
        (CASE WHEN json_valid(entry) THEN json_extract(entry, '$.subject') END) VIRTUAL
);
CREATE INDEX audit_entries_by_subject ON audit_entries (subject, n);
CREATE INDEX audit_entries_by_act ON audit_entries (act, n);
-- The peaks of the Merkle tree, so that an append needs no other entry.
CREATE TABLE audit_peaks (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    size INTEGER NOT NULL,
    peaks TEXT NOT NULL
);
