//! Floor 5: the control API of a running engine, on a local socket.
