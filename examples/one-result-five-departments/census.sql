-- Where patients lie, as the bed management writes it: sqlite3 census.db < census.sql
CREATE TABLE stays (mrn TEXT PRIMARY KEY, ward TEXT NOT NULL, bed TEXT NOT NULL);
INSERT INTO stays VALUES ('4711', '4WEST', '12'), ('4712', 'ICU', '3');
