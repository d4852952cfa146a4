CREATE TABLE accounts (
    kind     text NOT NULL,
    id       text NOT NULL,
    owner    text NOT NULL,
    until    bigint,
    revision bigint NOT NULL,
    body     bytea NOT NULL,
    PRIMARY KEY (kind, id)
);
CREATE INDEX accounts_owner ON accounts (kind, owner);
CREATE INDEX accounts_until ON accounts (until)
