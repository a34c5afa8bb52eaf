-- What the program has to do once after this step, since it takes keys: have each user's data key vouch for which of the user's credentials
-- are in force.
INSERT INTO duties (name) VALUES ('bind_statuses');
