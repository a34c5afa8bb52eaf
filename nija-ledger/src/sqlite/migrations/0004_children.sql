-- Orders that are carried out by others: the parent of each of those others.
ALTER TABLE orders ADD COLUMN parent BLOB;
CREATE INDEX orders_by_parent ON orders (parent, place) WHERE parent IS NOT NULL;

-- How users want venues to be chosen, where they said.
CREATE TABLE routing_preferences (
    user BLOB PRIMARY KEY,
    body TEXT NOT NULL
) STRICT, WITHOUT ROWID;
