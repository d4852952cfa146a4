//! As much CBOR (RFC 8949) as authenticators speak: definite lengths, no floats, bounded depth.

/// A value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Value {
    Integer(i64),
    Bytes(Vec<u8>),
    Text(String),
    Array(Vec<Value>),
    Map(Vec<(Value, Value)>),
    /// True, false, null and the like.
    Simple(u8),
}

/// How deep values may nest, and how many there may be.
const DEPTH_MAX: usize = 8;
const ITEMS_MAX: u64 = 256;

impl Value {
    /// What a map has under a text.
    pub(super) fn named(&self, name: &str) -> Option<&Value> {
        self.find(|key| matches!(key, Value::Text(text) if text == name))
    }

    /// What a map has under a number.
    pub(super) fn numbered(&self, number: i64) -> Option<&Value> {
        self.find(|key| *key == Value::Integer(number))
    }

    fn find(&self, is_it: impl Fn(&Value) -> bool) -> Option<&Value> {
        let Value::Map(entries) = self else { return None };
        entries.iter().find(|(key, _)| is_it(key)).map(|(_, value)| value)
    }

    pub(super) fn bytes(&self) -> Option<&[u8]> {
        if let Value::Bytes(bytes) = self { Some(bytes) } else { None }
    }

    pub(super) fn integer(&self) -> Option<i64> {
        if let Value::Integer(number) = self { Some(*number) } else { None }
    }
}

/// Reads one value; gives what stands behind it.
pub(super) fn read(bytes: &[u8]) -> Option<(Value, &[u8])> {
    value(bytes, DEPTH_MAX)
}

fn value(bytes: &[u8], depth: usize) -> Option<(Value, &[u8])> {
    let (first, rest) = bytes.split_first()?;
    let depth = depth.checked_sub(1)?;
    let (number, rest) = argument(first & 31, rest)?;
    match first >> 5 {
        0 => Some((Value::Integer(i64::try_from(number).ok()?), rest)),
        1 => Some((Value::Integer(-1 - i64::try_from(number).ok()?), rest)),
        2 => {
            let (bytes, rest) = cut(rest, number)?;
            Some((Value::Bytes(bytes.to_vec()), rest))
        }
        3 => {
            let (bytes, rest) = cut(rest, number)?;
            Some((Value::Text(String::from_utf8(bytes.to_vec()).ok()?), rest))
        }
        4 if number <= ITEMS_MAX => {
            let (mut items, mut rest) = (Vec::new(), rest);
            for _ in 0..number {
                let (item, behind) = value(rest, depth)?;
                items.push(item);
                rest = behind;
            }
            Some((Value::Array(items), rest))
        }
        5 if number <= ITEMS_MAX => {
            let (mut entries, mut rest) = (Vec::new(), rest);
            for _ in 0..number {
                let (key, behind) = value(rest, depth)?;
                let (item, behind) = value(behind, depth)?;
                if entries.iter().any(|(known, _)| *known == key) {
                    return None;
                }
                entries.push((key, item));
                rest = behind;
            }
            Some((Value::Map(entries), rest))
        }
        7 if first & 31 < 24 => Some((Value::Simple(first & 31), rest)),
        _ => None,
    }
}

fn argument(short: u8, rest: &[u8]) -> Option<(u64, &[u8])> {
    let length = match short {
        0..=23 => return Some((u64::from(short), rest)),
        24 => 1,
        25 => 2,
        26 => 4,
        27 => 8,
        _ => return None,
    };
    let (bytes, rest) = cut(rest, length)?;
    Some((bytes.iter().fold(0, |all, byte| all << 8 | u64::from(*byte)), rest))
}

fn cut(bytes: &[u8], length: u64) -> Option<(&[u8], &[u8])> {
    bytes.split_at_checked(usize::try_from(length).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values() {
        let check =
            |bytes: &[u8], expect: Option<Value>| assert_eq!(read(bytes).map(|(value, _)| value), expect, "{bytes:x?}");
        check(&[0x18, 0x64], Some(Value::Integer(100)));
        check(&[0x26], Some(Value::Integer(-7)));
        check(&[0x39, 0x01, 0x00], Some(Value::Integer(-257)));
        check(&[0x43, 1, 2, 3], Some(Value::Bytes(vec![1, 2, 3])));
        check(&[0xa1, 0x01, 0x02], Some(Value::Map(vec![(Value::Integer(1), Value::Integer(2))])));
        check(&[0xf5], Some(Value::Simple(21)));
        check(&[0xa2, 0x01, 0x02, 0x01, 0x03], None); // a key twice
        check(&[0x5b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x00], None);
        check(&[0x9b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], None);
        check(&[0x9f, 0x01, 0xff], None); // no definite length
        check(&[0x81; 64], None); // too deep
        check(&[0xfb, 0, 0, 0, 0, 0, 0, 0, 0], None);
        check(&[], None);
    }
}
