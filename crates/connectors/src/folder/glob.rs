//! Names that match a pattern of `*` (any run) and `?` (any one letter).

/// Whether the text holds a wildcard.
pub(crate) fn is_pattern(text: &str) -> bool {
    text.contains(['*', '?'])
}

/// Whether `name` matches `pattern` from beginning to end. Time is at most the product of both lengths: on a mismatch
/// only the last `*` is widened.
pub(crate) fn matches(pattern: &str, name: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    let name: Vec<char> = name.chars().collect();
    let (mut at, mut letter) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while letter < name.len() {
        match pattern.get(at) {
            Some('*') => {
                star = Some((at, letter));
                at += 1;
            }
            Some(wanted) if *wanted == '?' || *wanted == name[letter] => {
                at += 1;
                letter += 1;
            }
            Some(_) | None => {
                let Some((star_at, taken)) = star else { return false };
                star = Some((star_at, taken + 1));
                at = star_at + 1;
                letter = taken + 1;
            }
        }
    }
    pattern[at..].iter().all(|wanted| *wanted == '*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns() {
        let check =
            |pattern: &str, name: &str, expect: bool| assert_eq!(matches(pattern, name), expect, "{pattern} {name}");
        check("*", "a.hl7", true);
        check("*", "", true);
        check("*.hl7", "a.hl7", true);
        check("*.hl7", "a.hl7.bak", false);
        check("*.hl7", ".hl7", true);
        check("adt?.txt", "adt1.txt", true);
        check("adt?.txt", "adt.txt", false);
        check("a*b*c", "aXbXbXc", true);
        check("a*b*c", "aXbXbX", false);
        check("", "", true);
        check("", "a", false);
        check("ä?", "äö", true);
        check("*a*a*a*a*b", &"a".repeat(200), false);
    }
}
