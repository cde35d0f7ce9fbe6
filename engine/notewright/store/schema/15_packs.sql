-- Where in which pack an object lies, and how (see store/packs.py).
CREATE TABLE packed (
    seq INTEGER PRIMARY KEY,
    digest TEXT NOT NULL UNIQUE,
    pack TEXT NOT NULL,
    "offset" INTEGER NOT NULL,
    length INTEGER NOT NULL,
    size INTEGER NOT NULL,
    encoding INTEGER NOT NULL,
    base TEXT,
    depth INTEGER NOT NULL,
    checksum TEXT NOT NULL
);
