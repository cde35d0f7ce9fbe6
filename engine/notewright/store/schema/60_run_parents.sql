-- Runs that came of another: what a search tried in it, or its retrained successor.
CREATE TABLE IF NOT EXISTS run_parents (
    run INTEGER PRIMARY KEY REFERENCES runs (seq),
    parent TEXT NOT NULL,
    -- 'trial' where the run is a part of its parent.
    origin TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS run_parents_by_parent ON run_parents (parent);
-- A store from before has it in the runs' records only.
INSERT INTO run_parents (run, parent, origin)
SELECT seq, json_extract(body, '$.parent'), json_extract(body, '$.origin') FROM runs
WHERE json_extract(body, '$.parent') IS NOT NULL ON CONFLICT DO NOTHING;
