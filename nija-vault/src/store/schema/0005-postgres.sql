-- Every policy that a user has had, under the user's key, so that a restore to a point in time finds the one of that time. `envelope` is
-- nothing where the policy was removed; revision 0 is what was there before revisions were kept.
CREATE TABLE policy_history (
    "user" BYTEA NOT NULL,
    revision BIGINT NOT NULL,
    user_key BYTEA NOT NULL,
    envelope BYTEA,
    PRIMARY KEY ("user", revision)
);
INSERT INTO policy_history ("user", revision, user_key, envelope) SELECT "user", 0, user_key, envelope FROM policies;
