-- Derived from the log, and built again from it: TRUNCATE found, keys; UPDATE indexed SET watermark = 0.
CREATE TABLE indexed (
    is_one    boolean PRIMARY KEY DEFAULT true CHECK (is_one),
    -- Everything below this id is in the index.
    watermark bigint NOT NULL
);
INSERT INTO indexed (watermark) VALUES (0);

-- What many messages have in common; kind 1 interface, 2 type, event, application and facility, 3 destinations.
CREATE TABLE names (
    id   integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind smallint NOT NULL,
    text text NOT NULL,
    UNIQUE (kind, text)
);

CREATE TABLE found (
    id        bigint NOT NULL PRIMARY KEY,
    at        bigint NOT NULL,
    -- The latest change that is in the state; 0 if none.
    head      bigint NOT NULL,
    interface integer NOT NULL,
    form      integer NOT NULL,
    route     integer NOT NULL,
    state     smallint NOT NULL,
    flags     smallint NOT NULL
) PARTITION BY RANGE (id);

-- Keyed hashes of identifiers: nothing here tells a patient.
CREATE TABLE keys (
    hash bigint NOT NULL,
    id   bigint NOT NULL,
    PRIMARY KEY (hash, id)
) PARTITION BY RANGE (id)
