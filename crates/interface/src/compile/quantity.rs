//! Numbers with units, as every reader of settings takes them: `20s`, `64MiB`.
//!
//! Promises: no overflow, no rounding; what is not exactly a quantity is `None`.

use std::time::Duration;

/// `500ms`, `20s`, `5m`, `12h`, `7d`, `2w`.
pub(crate) fn duration(text: &str) -> Option<Duration> {
    let (number, unit) = split(text)?;
    let millis = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" | "min" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        "w" => 604_800_000,
        _ => return None,
    };
    number.checked_mul(millis).map(Duration::from_millis)
}

/// `512`, `64KiB`, `64MiB`, `2GiB`, and the decimal `kB`, `MB`, `GB`: bytes.
pub(crate) fn size(text: &str) -> Option<u64> {
    let (number, unit) = split(text)?;
    let factor = match unit {
        "" | "B" => 1,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        "kB" | "KB" => 1_000,
        "MB" => 1_000_000,
        "GB" => 1_000_000_000,
        _ => return None,
    };
    number.checked_mul(factor)
}

/// A whole number without a unit.
pub(crate) fn count(text: &str) -> Option<u64> {
    split(text).filter(|(_, unit)| unit.is_empty()).map(|(number, _)| number)
}

fn split(text: &str) -> Option<(u64, &str)> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    Some((number.parse().ok()?, unit))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities() {
        let check = |text: &str, expect: Option<u64>| {
            assert_eq!(duration(text).map(|value| value.as_millis() as u64), expect, "{text}");
        };
        check("500ms", Some(500));
        check("20s", Some(20_000));
        check("7d", Some(604_800_000));
        check("20", None);
        check("s", None);
        check("-3s", None);
        check("20 s", None);
        check("99999999999999999999s", None);
        check("99999999999999999w", None);
        let check = |text: &str, expect: Option<u64>| assert_eq!(size(text), expect, "{text}");
        check("64MiB", Some(64 << 20));
        check("10", Some(10));
        check("2GB", Some(2_000_000_000));
        check("2TB", None);
        assert_eq!(count("16"), Some(16));
        assert_eq!(count("16s"), None);
    }
}
