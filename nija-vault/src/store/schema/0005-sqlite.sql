-- Every policy that a user has had, under the user's key, so that a restore to a point in time finds the one of that time. `envelope` is
-- nothing where the policy was removed; revision 0 is what was there before revisions were kept.
CREATE TABLE policy_history (
    "user" BLOB NOT NULL,
    revision INTEGER NOT NULL,
    user_key BLOB NOT NULL,
    envelope BLOB,
    PRIMARY KEY ("user", revision)
) STRICT;
INSERT INTO policy_history ("user", revision, user_key, envelope) SELECT "user", 0, user_key, envelope FROM policies;
