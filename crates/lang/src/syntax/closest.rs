//! "Did you mean": the candidate that is nearest to a word.

/// Characters of a word that are compared. Longer ones have no near neighbour worth naming.
const WORD_CHARS_MAX: usize = 64;

/// The candidate nearest to `word`: the same but for upper and lower case, else at most a third of the longer word away
/// in insertions, deletions, replacements and swaps of neighbours. Of equals the first wins.
#[must_use]
pub fn closest<'c>(word: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    let wanted: Vec<char> = word.to_lowercase().chars().collect();
    if wanted.is_empty() || wanted.len() > WORD_CHARS_MAX {
        return None;
    }
    let mut best: Option<(usize, &'c str)> = None;
    for candidate in candidates {
        let other: Vec<char> = candidate.to_lowercase().chars().take(WORD_CHARS_MAX + 1).collect();
        let allowed = wanted.len().max(other.len()).max(3) / 3;
        let is_possible = other.len() <= WORD_CHARS_MAX && wanted.len().abs_diff(other.len()) <= allowed;
        if !is_possible || other.is_empty() {
            continue;
        }
        let distance = distance(&wanted, &other);
        if distance <= allowed && best.is_none_or(|(least, _)| distance < least) {
            best = Some((distance, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

/// Damerau–Levenshtein distance in its restricted form (optimal string alignment), three rows at a time.
fn distance(a: &[char], b: &[char]) -> usize {
    let mut before: Vec<usize> = vec![0; b.len() + 1];
    let mut last: Vec<usize> = (0..=b.len()).collect();
    let mut row = vec![0; b.len() + 1];
    for (i, x) in a.iter().enumerate() {
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let replaced = last[j] + usize::from(x != y);
            row[j + 1] = replaced.min(last[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && *x == b[j - 1] && a[i - 1] == *y {
                row[j + 1] = row[j + 1].min(before[j - 1] + 1);
            }
        }
        std::mem::swap(&mut before, &mut last);
        std::mem::swap(&mut last, &mut row);
    }
    last[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nearest_word_is_found() {
        let words = ["receive", "send", "alert", "keep", "ack", "PID", "critical", "set"];
        for (word, expect) in [
            ("recieve", Some("receive")),
            ("SEND", Some("send")),
            ("sned", Some("send")),
            ("ak", Some("ack")),
            ("pid", Some("PID")),
            ("critcal", Some("critical")),
            ("seet", Some("set")),
            ("x", None),
            ("", None),
            ("entirely-different", None),
        ] {
            assert_eq!(closest(word, words), expect, "{word}");
        }
    }

    #[test]
    fn same_letters_win_over_a_near_word() {
        assert_eq!(closest("Mask", ["task", "mask"]), Some("mask"));
        assert_eq!(closest("aaaa", ["aaab", "aaac"]), Some("aaab"), "the first of equals");
    }

    #[test]
    fn distance_counts_a_swap_once() {
        let check = |a: &str, b: &str, expect: usize| {
            let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
            assert_eq!(distance(&a, &b), expect, "{a:?} {b:?}");
            assert_eq!(distance(&b, &a), expect, "{b:?} {a:?}");
        };
        check("abcd", "abdc", 1);
        check("abc", "", 3);
        check("kitten", "sitting", 3);
        check("ca", "abc", 3);
    }
}
