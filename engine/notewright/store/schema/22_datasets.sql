-- Versions of datasets.
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
