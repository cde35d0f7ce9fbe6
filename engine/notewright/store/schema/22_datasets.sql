-- Versions of datasets, and what was taken over from other trackers.
CREATE TABLE IF NOT EXISTS dataset_versions (
    id TEXT PRIMARY KEY,
    digest TEXT NOT NULL,
    name TEXT NOT NULL,
    number INTEGER NOT NULL,
    -- The hash of the value, or of the file's bytes: the same content is the same version.
    content TEXT NOT NULL,
    created TEXT NOT NULL,
    signer TEXT NOT NULL,
    signature TEXT NOT NULL,
    body TEXT NOT NULL,
    UNIQUE (name, number),
    UNIQUE (name, content)
);
CREATE INDEX IF NOT EXISTS dataset_versions_by_content ON dataset_versions (content);
CREATE TRIGGER IF NOT EXISTS dataset_versions_are_immutable BEFORE UPDATE ON dataset_versions
BEGIN
    SELECT RAISE(ABORT, 'dataset versions are immutable');
END;
-- What a record here was elsewhere, so that taking it over twice changes nothing.
CREATE TABLE IF NOT EXISTS taken_over (
    -- "mlflow"
    system TEXT NOT NULL,
    -- "run", "version"
    kind TEXT NOT NULL,
    foreign_id TEXT NOT NULL,
    id TEXT NOT NULL,
    created TEXT NOT NULL,
    PRIMARY KEY (system, kind, foreign_id)
) WITHOUT ROWID;
