//! The limits of documents.

/// Largest content that is read, bytes.
pub const BYTES_MAX: usize = 256 * 1024 * 1024;
/// Most nodes of one document.
pub const NODES_MAX: usize = 4_000_000;
/// Deepest nesting.
pub const DEPTH_MAX: usize = 128;
/// Columns of one row.
pub const COLUMNS_MAX: usize = 10_000;
/// Messages of one content.
pub const MESSAGES_MAX: usize = 1_000_000;
/// Findings that are kept of one document; later ones are counted in the last.
pub const FINDINGS_MAX: usize = 100;
