//! SipHash-2-4, keyed, with 64 and 128 bits of result (Aumasson and Bernstein, "SipHash: a fast short-input PRF", 2012).
//!
//! Owns the keyed hashes of duplicate detection and of the index: without the store's secret nobody can tell which
//! patient a hash stands for, or test a guess. Never used where a hash without a key is wanted.

/// The 128-bit key of a hash.
#[derive(Clone, Copy)]
pub(crate) struct Key(pub(crate) u64, pub(crate) u64);

impl Key {
    /// Reads a key from 16 bytes.
    pub(crate) fn from_bytes(bytes: [u8; 16]) -> Key {
        let all = u128::from_le_bytes(bytes);
        Key(all as u64, (all >> 64) as u64)
    }
}

struct State {
    v: [u64; 4],
}

impl State {
    fn round(&mut self) {
        let v = &mut self.v;
        v[0] = v[0].wrapping_add(v[1]);
        v[1] = v[1].rotate_left(13) ^ v[0];
        v[0] = v[0].rotate_left(32);
        v[2] = v[2].wrapping_add(v[3]);
        v[3] = v[3].rotate_left(16) ^ v[2];
        v[0] = v[0].wrapping_add(v[3]);
        v[3] = v[3].rotate_left(21) ^ v[0];
        v[2] = v[2].wrapping_add(v[1]);
        v[1] = v[1].rotate_left(17) ^ v[2];
        v[2] = v[2].rotate_left(32);
    }
    fn absorb(&mut self, word: u64) {
        self.v[3] ^= word;
        self.round();
        self.round();
        self.v[0] ^= word;
    }
    fn squeeze(&mut self) -> u64 {
        (0..4).for_each(|_| self.round());
        self.v[0] ^ self.v[1] ^ self.v[2] ^ self.v[3]
    }
}

fn start(key: Key, bytes: &[u8], tweak: u64) -> State {
    let mut state = State {
        v: [
            key.0 ^ 0x736f_6d65_7073_6575,
            key.1 ^ 0x646f_7261_6e64_6f6d ^ tweak,
            key.0 ^ 0x6c79_6765_6e65_7261,
            key.1 ^ 0x7465_6462_7974_6573,
        ],
    };
    let mut words = bytes.chunks_exact(8);
    for word in &mut words {
        let mut whole = [0; 8];
        whole.copy_from_slice(word);
        state.absorb(u64::from_le_bytes(whole));
    }
    let rest = words.remainder();
    let mut last = [0; 8];
    last[..rest.len()].copy_from_slice(rest);
    last[7] = bytes.len() as u8;
    state.absorb(u64::from_le_bytes(last));
    state
}

/// SipHash-2-4 with 64 bits.
pub(crate) fn hash64(key: Key, bytes: &[u8]) -> u64 {
    let mut state = start(key, bytes, 0);
    state.v[2] ^= 0xff;
    state.squeeze()
}

/// SipHash-2-4 with 128 bits.
pub(crate) fn hash128(key: Key, bytes: &[u8]) -> u128 {
    let mut state = start(key, bytes, 0xee);
    state.v[2] ^= 0xee;
    let low = state.squeeze();
    state.v[1] ^= 0xdd;
    u128::from(low) | u128::from(state.squeeze()) << 64
}

/// The hash of several parts, so that ("ab", "c") and ("a", "bc") differ.
pub(crate) fn hash_parts(key: Key, parts: &[&[u8]]) -> u64 {
    let mut joined = Vec::with_capacity(128);
    for part in parts {
        joined.extend_from_slice(&(part.len() as u32).to_le_bytes());
        joined.extend_from_slice(part);
    }
    hash64(key, &joined)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The vectors of the reference implementation: key 00..0f, input 00..0e.
    #[test]
    fn reference_vectors() {
        let key = Key::from_bytes(std::array::from_fn(|i| i as u8));
        let input: Vec<u8> = (0..15).collect();
        assert_eq!(hash64(key, &input), 0xa129_ca61_49be_45e5);
        assert_eq!(hash64(key, &[]), 0x726f_db47_dd0e_0e31);
        let expect = [0xa3, 0x81, 0x7f, 4, 0xba, 0x25, 0xa8, 0xe6, 0x6d, 0xf6, 0x72, 0x14, 0xc7, 0x55, 2, 0x93];
        assert_eq!(hash128(key, &[]).to_le_bytes(), expect);
    }
}
