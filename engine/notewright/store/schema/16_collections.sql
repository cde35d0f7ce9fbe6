-- Each time that objects were removed. Whoever knows places from before the
-- latest has to learn them anew (see store/collection.py).
CREATE TABLE collections (
    seq INTEGER PRIMARY KEY,
    created TEXT NOT NULL,
    snapshots INTEGER NOT NULL,
    objects INTEGER NOT NULL
);
