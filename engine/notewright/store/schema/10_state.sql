-- Sessions (one life of one kernel), executions of cells, and snapshots of variables.
CREATE TABLE sessions (
    id TEXT PRIMARY KEY,
    started TEXT NOT NULL,
    notebook TEXT,
    directory TEXT NOT NULL
);
-- An execution's parent is the one before it in the line that is in force:
-- restoring a snapshot starts a new branch at the snapshot's execution.
-- The digest is the hash of the body's bytes.
CREATE TABLE executions (
    id TEXT PRIMARY KEY,
    digest TEXT NOT NULL,
    parent TEXT,
    session TEXT NOT NULL REFERENCES sessions (id),
    ordinal INTEGER NOT NULL,
    cell TEXT,
    status TEXT NOT NULL,
    started TEXT NOT NULL,
    body TEXT NOT NULL,
    UNIQUE (session, ordinal)
);
CREATE TABLE snapshots (
    id TEXT PRIMARY KEY,
    digest TEXT NOT NULL,
    parent TEXT,
    session TEXT NOT NULL REFERENCES sessions (id),
    execution TEXT,
    kind TEXT NOT NULL,
    message TEXT NOT NULL,
    created TEXT NOT NULL,
    bytes_added INTEGER NOT NULL,
    signer TEXT NOT NULL,
    signature TEXT NOT NULL
);
CREATE INDEX snapshots_by_time ON snapshots (created);
CREATE INDEX snapshots_by_session ON snapshots (session, created);
