-- What the program has to do once after this step, since it takes keys: have each user's data key vouch for the user's policy.
CREATE TABLE duties (name TEXT PRIMARY KEY) STRICT;
INSERT INTO duties (name) VALUES ('bind_policies');
