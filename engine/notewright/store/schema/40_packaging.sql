-- Exported package versions. The tree of each is kept under .notewright/packages/<id>/.
CREATE TABLE packages (
    id TEXT PRIMARY KEY,
    digest TEXT NOT NULL,
    name TEXT NOT NULL,
    number INTEGER NOT NULL,
    created TEXT NOT NULL,
    run TEXT,
    model_version TEXT,
    fingerprint TEXT NOT NULL,
    UNIQUE (name, number)
);
CREATE INDEX packages_by_fingerprint ON packages (fingerprint);
