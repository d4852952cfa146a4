//! Bech32 (BIP 173), the text form of age keys: a readable prefix, a checksum that sees typing mistakes.
//!
//! Never: Bech32m, or the 90 character limit of addresses, which age does not have.

const LETTERS: &[u8; 32] = b"qpzry9x8gf2tvdw0s3jn54khce6mua7l";
const CHECKSUM_LETTERS: usize = 6;

fn polymod(values: impl Iterator<Item = u8>) -> u32 {
    const GENERATOR: [u32; 5] = [0x3b6a_57b2, 0x2650_8e6d, 0x1ea1_19fa, 0x3d42_33dd, 0x2a14_62b3];
    values.fold(1, |sum, value| {
        let top = sum >> 25;
        let next = (sum & 0x01ff_ffff) << 5 ^ u32::from(value);
        GENERATOR.iter().enumerate().filter(|(bit, _)| top >> bit & 1 == 1).fold(next, |next, (_, part)| next ^ part)
    })
}

fn expanded(prefix: &str) -> impl Iterator<Item = u8> + '_ {
    prefix.bytes().map(|byte| byte >> 5).chain([0]).chain(prefix.bytes().map(|byte| byte & 31))
}

/// `prefix` and bytes as lower-case text.
pub(super) fn encode(prefix: &str, bytes: &[u8]) -> String {
    let mut groups = Vec::with_capacity(bytes.len() * 8 / 5 + 1 + CHECKSUM_LETTERS);
    let (mut held, mut bits) = (0u32, 0);
    for byte in bytes {
        held = held << 8 | u32::from(*byte);
        bits += 8;
        while bits >= 5 {
            bits -= 5;
            groups.push((held >> bits & 31) as u8);
        }
    }
    if bits > 0 {
        groups.push((held << (5 - bits) & 31) as u8);
    }
    let sum = polymod(expanded(prefix).chain(groups.iter().copied()).chain([0; CHECKSUM_LETTERS])) ^ 1;
    groups.extend((0..CHECKSUM_LETTERS).map(|place| (sum >> (5 * (5 - place)) & 31) as u8));
    let letters = groups.iter().map(|group| char::from(LETTERS[usize::from(*group)]));
    format!("{prefix}1{}", letters.collect::<String>())
}

/// The 32 bytes under `prefix`; either case, never mixed.
pub(super) fn decode(prefix: &str, text: &str) -> Option<[u8; 32]> {
    let is_mixed = text.bytes().any(|byte| byte.is_ascii_lowercase()) && text.bytes().any(|b| b.is_ascii_uppercase());
    let text = text.to_ascii_lowercase();
    let rest = text.strip_prefix(prefix)?.strip_prefix('1').filter(|_| !is_mixed)?;
    let place = |letter: u8| LETTERS.iter().position(|known| *known == letter).map(|place| place as u8);
    let groups: Vec<u8> = rest.bytes().map(place).collect::<Option<_>>()?;
    if polymod(expanded(prefix).chain(groups.iter().copied())) != 1 {
        return None;
    }
    let mut bytes = Vec::with_capacity(32);
    let (mut held, mut bits) = (0u32, 0);
    for group in groups.get(..groups.len().checked_sub(CHECKSUM_LETTERS)?)? {
        held = held << 5 | u32::from(*group);
        bits += 5;
        if bits >= 8 {
            bits -= 8;
            bytes.push((held >> bits) as u8);
            held &= (1 << bits) - 1;
        }
    }
    (bits < 5 && held == 0).then(|| bytes.try_into().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comes_back_and_shows_every_changed_letter() {
        let bytes: [u8; 32] = std::array::from_fn(|place| (place * 37) as u8);
        let text = encode("age", &bytes);
        assert_eq!(decode("age", &text), Some(bytes));
        assert_eq!(decode("age", &text.to_uppercase()), Some(bytes));
        assert_eq!(decode("age-secret-key-", &text), None);
        for place in 4..text.len() {
            let mut wrong = text.clone().into_bytes();
            wrong[place] = if wrong[place] == b'q' { b'p' } else { b'q' };
            assert_eq!(decode("age", &String::from_utf8(wrong).unwrap()), None, "letter {place}");
        }
        assert_eq!(decode("age", ""), None);
        assert_eq!(decode("age", "age1"), None);
    }
}
