-- Names that move, and every move they made.
CREATE TABLE refs (
    name TEXT PRIMARY KEY,
    target TEXT
);
CREATE TABLE ref_moves (
    seq INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    old TEXT,
    new TEXT,
    moved TEXT NOT NULL,
    actor TEXT NOT NULL
);
CREATE INDEX ref_moves_by_name ON ref_moves (name, seq);
