CREATE TABLE trail (
    piece bigint NOT NULL,
    place bigint NOT NULL,
    bytes bytea NOT NULL,
    PRIMARY KEY (piece, place)
);
CREATE TRIGGER trail_is_final BEFORE UPDATE OR TRUNCATE ON trail
    FOR EACH STATEMENT EXECUTE FUNCTION audit_is_final();
CREATE TABLE audit_anchor (
    is_one boolean PRIMARY KEY DEFAULT true CHECK (is_one),
    bytes  bytea NOT NULL
)
