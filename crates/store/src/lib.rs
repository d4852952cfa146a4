//! Floor 1: everything that must survive a crash: the message log, its index, the tables, sealing.
