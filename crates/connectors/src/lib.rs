//! Floor 4: the connectors, a folder each: mllp, file, http, interface.
