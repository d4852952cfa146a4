//! The bytes around a message.

use hl7v2::mllp;

pub(crate) use crate::tcp::write::{Broken, write};

/// Start of a block.
pub(crate) const START: &[u8] = &[mllp::START];
/// End of a block.
pub(crate) const END: &[u8] = &[mllp::END, mllp::END_SECOND];
