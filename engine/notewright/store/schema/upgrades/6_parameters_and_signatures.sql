-- Before, a parameter's value was in one column without a type.
ALTER TABLE run_params RENAME TO run_params_before;
CREATE TABLE run_params (
    run INTEGER NOT NULL REFERENCES runs (seq),
    name TEXT NOT NULL,
    number REAL,
    text TEXT,
    PRIMARY KEY (run, name)
) WITHOUT ROWID;
INSERT INTO run_params (run, name, number, text)
SELECT run, name,
    CASE WHEN typeof(value) <> 'text' THEN value END,
    CASE WHEN typeof(value) = 'text' THEN value END
FROM run_params_before;
DROP TABLE run_params_before;
-- Versions from before are vouched for by the audit log alone.
ALTER TABLE model_versions ADD COLUMN signer TEXT;
ALTER TABLE model_versions ADD COLUMN signature TEXT;
