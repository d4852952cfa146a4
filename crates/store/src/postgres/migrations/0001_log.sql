-- Which store this is: the block of store.id (docs/spec/store-format.md §1), its secret wrapped by the master key.
CREATE TABLE store (
    is_one   boolean PRIMARY KEY DEFAULT true CHECK (is_one),
    identity bytea NOT NULL
);

-- Who may write. Each statement of the log checks the token in its own transaction.
CREATE TABLE owner (
    name      text PRIMARY KEY,
    -- The data directory, which stays the same over restarts.
    holder    text NOT NULL,
    -- The opening.
    instance  text NOT NULL,
    described text NOT NULL,
    token     bigint NOT NULL,
    until     timestamptz NOT NULL,
    -- Ids below this may have been given; the next opening begins here.
    reserved  bigint NOT NULL,
    -- The last holder ended in order.
    is_closed boolean NOT NULL
);

-- A day of the log: its data key in an envelope.
CREATE TABLE days (
    day integer PRIMARY KEY,
    key bytea NOT NULL
);

-- id: day << 36 | number, one sequence for messages and changes. record: docs/spec/store-format.md §3 and §4.
CREATE TABLE messages (
    id     bigint NOT NULL PRIMARY KEY,
    token  bigint NOT NULL,
    record bytea NOT NULL
) PARTITION BY RANGE (id);
-- Records are compressed and sealed already.
ALTER TABLE messages ALTER record SET STORAGE EXTERNAL;

-- record: docs/spec/store-format.md §3 and §5.
CREATE TABLE changes (
    id      bigint NOT NULL PRIMARY KEY,
    message bigint NOT NULL,
    token   bigint NOT NULL,
    record  bytea NOT NULL
) PARTITION BY RANGE (id);
ALTER TABLE changes ALTER record SET STORAGE EXTERNAL;
CREATE INDEX changes_message ON changes (message);

-- What the messages of dropped days counted.
CREATE TABLE baseline (
    interface text PRIMARY KEY,
    accepted  bigint NOT NULL,
    delivered bigint NOT NULL,
    filtered  bigint NOT NULL,
    parked    bigint NOT NULL,
    expired   bigint NOT NULL,
    deleted   bigint NOT NULL,
    in_flight bigint NOT NULL
);

-- What a start would otherwise read again: derived, and ignored when it does not fit.
CREATE TABLE checkpoint (
    is_one boolean PRIMARY KEY DEFAULT true CHECK (is_one),
    place  bigint NOT NULL,
    bytes  bytea NOT NULL
);
ALTER TABLE checkpoint ALTER bytes SET STORAGE EXTERNAL
