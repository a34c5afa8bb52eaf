-- Kill switches that are on.
CREATE TABLE kill_switches (
    user  BLOB NOT NULL, -- all zeros for a venue's and the platform's
    scope TEXT NOT NULL, -- user, venue:kraken, platform
    body  TEXT NOT NULL,
    PRIMARY KEY (user, scope)
) STRICT, WITHOUT ROWID;
