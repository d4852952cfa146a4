//! Development: bench.
fn main() {}
