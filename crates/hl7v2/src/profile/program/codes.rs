//! The form of codes of LOINC and SNOMED CT, with their check digits.

use super::CodeSystem;

/// The text has the form of a code of the system.
pub(in crate::profile) fn is_code(system: CodeSystem, text: &str) -> bool {
    match system {
        CodeSystem::Loinc => is_loinc(text),
        CodeSystem::Snomed => is_snomed(text),
    }
}

/// One to seven digits, a hyphen, and a check digit by the Luhn algorithm (LOINC Users' Guide, appendix C).
fn is_loinc(text: &str) -> bool {
    let Some((number, check)) = text.split_once('-') else { return false };
    let all = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if !all(number) || number.len() > 7 || check.len() != 1 || !all(check) {
        return false;
    }
    let sum: u32 = number
        .bytes()
        .rev()
        .enumerate()
        .map(|(place, byte)| {
            let digit = u32::from(byte - b'0');
            let weighted = if place % 2 == 0 { digit * 2 } else { digit };
            weighted / 10 + weighted % 10
        })
        .sum();
    (10 - sum % 10) % 10 == u32::from(check.as_bytes()[0] - b'0')
}

/// The permutation of Verhoeff, applied once for each place.
const PERMUTATION: [[u8; 10]; 8] = {
    let first = [1, 5, 7, 6, 2, 8, 3, 0, 9, 4];
    let mut all = [[0, 1, 2, 3, 4, 5, 6, 7, 8, 9]; 8];
    let mut row = 1;
    while row < 8 {
        let mut digit = 0;
        while digit < 10 {
            all[row][digit] = first[all[row - 1][digit] as usize];
            digit += 1;
        }
        row += 1;
    }
    all
};

/// The product of two elements of the dihedral group D5: rotations 0 to 4, reflections 5 to 9.
const fn product(left: u8, right: u8) -> u8 {
    match (left < 5, right < 5) {
        (true, true) => (left + right) % 5,
        (true, false) => 5 + (left + right - 5) % 5,
        (false, true) => 5 + (left - 5 + 5 - right) % 5,
        (false, false) => (5 + left - right) % 5,
    }
}

/// 6 to 18 digits, no leading zero, a partition for concepts, descriptions or relationships, and the check digit of
/// Verhoeff (SNOMED CT Release File Specification §6).
fn is_snomed(text: &str) -> bool {
    let bytes = text.as_bytes();
    if !(6..=18).contains(&bytes.len()) || !bytes.iter().all(u8::is_ascii_digit) || bytes[0] == b'0' {
        return false;
    }
    let partition = &bytes[bytes.len() - 3..bytes.len() - 1];
    let is_partition = match partition[0] {
        b'0' => true,
        // The long form carries a namespace of seven digits.
        b'1' => bytes.len() >= 11,
        _ => false,
    };
    if !is_partition || partition[1] > b'5' {
        return false;
    }
    let check = bytes
        .iter()
        .rev()
        .enumerate()
        .fold(0, |check, (place, byte)| product(check, PERMUTATION[place % 8][usize::from(byte - b'0')]));
    check == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_of_codes() {
        for good in ["30341-2", "2345-7", "718-7", "11502-2", "94500-6"] {
            assert!(is_code(CodeSystem::Loinc, good), "{good}");
        }
        for bad in ["30341-3", "2345", "-7", "2345-77", "x345-7", "2345-", "12345678-1"] {
            assert!(!is_code(CodeSystem::Loinc, bad), "{bad}");
        }
        for good in ["119297000", "100005", "73211009", "900000000000207008", "10989121108"] {
            assert!(is_code(CodeSystem::Snomed, good), "{good}");
        }
        for bad in ["119297001", "10000", "073211009", "119297", "1234567890123456789", "73211O09", "73211099"] {
            assert!(!is_code(CodeSystem::Snomed, bad), "{bad}");
        }
    }
}
