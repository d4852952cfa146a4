CREATE TABLE quality (
    interface text NOT NULL,
    span      bigint NOT NULL,
    start     bigint NOT NULL,
    kind      text NOT NULL,
    text      text NOT NULL,
    PRIMARY KEY (interface, span, start, kind)
);
CREATE INDEX quality_span ON quality (span, start)
