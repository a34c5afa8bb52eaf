-- Each user's own limits as they were last changed: what holds, and what waits for its time.
CREATE TABLE risk_settings (
    user BLOB PRIMARY KEY,
    body TEXT NOT NULL
) STRICT, WITHOUT ROWID;
