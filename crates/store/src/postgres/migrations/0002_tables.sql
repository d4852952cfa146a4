CREATE TABLE audit (
    number bigint PRIMARY KEY,
    at     bigint NOT NULL,
    who    text NOT NULL,
    act    text NOT NULL,
    object text NOT NULL,
    reason text NOT NULL,
    before bytea NOT NULL,
    hash   bytea NOT NULL
);
CREATE INDEX audit_object ON audit (object, number);
CREATE FUNCTION audit_is_final() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'audit rows are final'; END $$;
CREATE TRIGGER audit_is_final BEFORE UPDATE OR DELETE OR TRUNCATE ON audit
    FOR EACH STATEMENT EXECUTE FUNCTION audit_is_final();

CREATE TABLE configurations (
    number    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    interface text NOT NULL,
    version   bigint NOT NULL,
    text      text NOT NULL,
    at        bigint NOT NULL,
    who       text NOT NULL
);
CREATE INDEX configurations_interface ON configurations (interface, number);

CREATE TABLE switches (
    name   text PRIMARY KEY,
    value  text NOT NULL,
    at     bigint NOT NULL,
    who    text NOT NULL,
    reason text NOT NULL
)
