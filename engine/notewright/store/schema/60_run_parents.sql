-- Runs that are part of another: a configuration that a search tried, a cross-validation.
CREATE TABLE run_parents (
    run INTEGER PRIMARY KEY REFERENCES runs (seq),
    parent TEXT NOT NULL
);
CREATE INDEX run_parents_by_parent ON run_parents (parent);
-- A store from before has it in the runs' records only.
INSERT INTO run_parents (run, parent)
SELECT seq, json_extract(body, '$.parent') FROM runs
WHERE json_extract(body, '$.parent') IS NOT NULL;
