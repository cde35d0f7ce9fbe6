-- Runs, their values for search and sorting, the use of test sets, model versions.
CREATE TABLE run_shapes (
    -- Names of metrics, parameters and tags, as many runs share them.
    seq INTEGER PRIMARY KEY,
    names TEXT NOT NULL UNIQUE
);
CREATE TABLE runs (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    digest TEXT NOT NULL,
    name TEXT NOT NULL,
    status TEXT NOT NULL,
    created TEXT NOT NULL,
    seconds REAL NOT NULL,
    session TEXT,
    execution TEXT,
    model TEXT,
    model_fingerprint TEXT,
    row_digest TEXT,
    -- The process that is recording it; NULL once it is finished.
    owner TEXT,
    -- The values that go with the names of its shape, for reading many runs at once.
    shape INTEGER NOT NULL REFERENCES run_shapes (seq),
    shape_values BLOB NOT NULL,
    -- Last, since it is long and lists do without it.
    body TEXT NOT NULL
);
CREATE INDEX runs_by_time ON runs (created);
CREATE INDEX runs_by_rows ON runs (row_digest) WHERE row_digest IS NOT NULL;
CREATE INDEX runs_by_execution ON runs (execution) WHERE execution IS NOT NULL;
CREATE INDEX runs_by_fingerprint ON runs (model_fingerprint) WHERE model_fingerprint IS NOT NULL;
CREATE INDEX runs_being_recorded ON runs (owner) WHERE owner IS NOT NULL;
CREATE INDEX runs_by_name ON runs (name);
CREATE TABLE run_metrics (
    run INTEGER NOT NULL REFERENCES runs (seq),
    name TEXT NOT NULL,
    value REAL,
    PRIMARY KEY (run, name)
) WITHOUT ROWID;
CREATE INDEX run_metrics_by_value ON run_metrics (name, value);
CREATE TABLE run_params (
    run INTEGER NOT NULL REFERENCES runs (seq),
    name TEXT NOT NULL,
    -- One of the two, or neither where it is None.
    number REAL,
    text TEXT,
    PRIMARY KEY (run, name)
) WITHOUT ROWID;
CREATE TABLE run_tags (
    run INTEGER NOT NULL REFERENCES runs (seq),
    name TEXT NOT NULL,
    value TEXT,
    PRIMARY KEY (run, name)
) WITHOUT ROWID;
CREATE TABLE run_steps (
    run INTEGER NOT NULL REFERENCES runs (seq),
    ordinal INTEGER NOT NULL,
    name TEXT NOT NULL,
    step INTEGER,
    value REAL,
    PRIMARY KEY (run, ordinal)
) WITHOUT ROWID;
-- Each different choice that was made on one set of held-out rows, once.
CREATE TABLE test_set_uses (
    row_digest TEXT NOT NULL,
    choice TEXT NOT NULL,
    first_used TEXT NOT NULL,
    PRIMARY KEY (row_digest, choice)
) WITHOUT ROWID;
CREATE TABLE model_versions (
    id TEXT PRIMARY KEY,
    digest TEXT NOT NULL,
    name TEXT NOT NULL,
    number INTEGER NOT NULL,
    run TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    created TEXT NOT NULL,
    body TEXT NOT NULL,
    -- Whose key signed its digest; NULL where nobody with a key registered it.
    signer TEXT,
    signature TEXT,
    UNIQUE (name, number)
);
CREATE INDEX model_versions_by_fingerprint ON model_versions (fingerprint);
CREATE TRIGGER model_versions_are_immutable BEFORE UPDATE ON model_versions
BEGIN
    SELECT RAISE(ABORT, 'model versions are immutable');
END;
