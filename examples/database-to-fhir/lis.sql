-- A laboratory database with two results: sqlite3 lis.db < lis.sql
CREATE TABLE results (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  mrn TEXT NOT NULL, family TEXT, given TEXT, born TEXT, sex TEXT,
  code TEXT NOT NULL, name TEXT, value TEXT, unit TEXT, flag TEXT, taken TEXT NOT NULL
);
INSERT INTO results (mrn, family, given, born, sex, code, name, value, unit, flag, taken) VALUES
  ('4711', 'Quist', 'Ada', '1980-02-29', 'F', '2951-2', 'Sodium', '142', 'mmol/L', 'N', '2026-03-01T06:45:00Z'),
  ('4712', 'Doe', 'Jonas', '1975-11-03', 'M', '2823-3', 'Potassium', '6.1', 'mmol/L', 'HH', '2026-03-01T06:50:00Z');
