-- Every version that was put under a deployment's name, and when it was live.
CREATE TABLE deployments (
    id TEXT PRIMARY KEY,
    digest TEXT NOT NULL,
    name TEXT NOT NULL,
    package TEXT NOT NULL,
    model_version TEXT NOT NULL,
    created TEXT NOT NULL,
    -- "pending" until its server answers; then "live", later "replaced" or "stopped"; or "failed".
    status TEXT NOT NULL,
    live_from TEXT,
    live_until TEXT,
    problem TEXT
);
CREATE INDEX deployments_by_name ON deployments (name, created);
CREATE INDEX deployments_by_package ON deployments (package);
