//! Fake peers, fault injection and conformance suites for tests.
