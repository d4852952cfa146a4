-- The ledger of orders: sqlite3 orders.db < orders.sql
CREATE TABLE orders (
  placer TEXT PRIMARY KEY, mrn TEXT NOT NULL, ward TEXT, doctor TEXT, code TEXT,
  sent TEXT NOT NULL, state TEXT NOT NULL CHECK (state IN ('open', 'overdue', 'done')), done TEXT
);
CREATE INDEX orders_open ON orders (state, sent);
