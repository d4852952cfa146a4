//! The anchor: a signed statement of where a chain begins and ends, kept apart from its pieces.
//!
//! Promises: an anchor that reads was signed by this store. Against whoever puts back an older state of everything, the
//! pieces and the anchor, only a head that is kept on another machine helps: in a backup's manifest, in an audit
//! repository, on paper.

use super::{
    frame::Tip,
    keys::{Keys, SIGNATURE_BYTES},
};

const SIGNED_BYTES: usize = 8 + 16 + 8 + 32 + 8 + 32;
/// Bytes of an anchor.
const BYTES: usize = SIGNED_BYTES + SIGNATURE_BYTES;
const MAGIC: &[u8; 8] = b"SINEWANC";

/// See the module.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Anchor {
    /// What the first piece goes on from.
    pub(super) floor: Tip,
    /// What the next frame goes on from.
    pub(super) tip: Tip,
}

impl Anchor {
    pub(super) fn encode(&self, keys: &Keys) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        bytes.extend_from_slice(&keys.store);
        for tip in [self.floor, self.tip] {
            bytes.extend_from_slice(&tip.number.to_le_bytes());
            bytes.extend_from_slice(&tip.hash);
        }
        let signature = keys.sign(&bytes);
        bytes.extend_from_slice(&signature);
        bytes
    }

    pub(super) fn read(bytes: &[u8], keys: &Keys) -> Option<Anchor> {
        let (signed, signature) = bytes.split_at_checked(SIGNED_BYTES)?;
        let is_ours = bytes.len() == BYTES && keys.is_ours(signed, signature);
        let rest = signed.strip_prefix(MAGIC)?.strip_prefix(&keys.store)?;
        let tip = |at: usize| -> Option<Tip> {
            let number = u64::from_le_bytes(rest.get(at..at + 8)?.try_into().ok()?);
            Some(Tip { number, hash: rest.get(at + 8..at + 40)?.try_into().ok()? })
        };
        let anchor = Anchor { floor: tip(0)?, tip: tip(40)? };
        is_ours.then_some(anchor)
    }
}
