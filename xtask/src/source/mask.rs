//! Blanks comments and the insides of strings, so that words in them are never taken for code.

/// The text with comments as spaces, string contents as `~` and other non-ASCII as `_`; newlines stay.
pub(super) fn blank(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    while let Some(&byte) = bytes.get(out.len()) {
        let at = out.len();
        let rest = &bytes[at..];
        if rest.starts_with(b"//") {
            let end = rest.iter().position(|b| *b == b'\n').unwrap_or(rest.len());
            fill(&mut out, &rest[..end], b' ');
        } else if rest.starts_with(b"/*") {
            fill(&mut out, &rest[..block_comment(rest)], b' ');
        } else if let Some((open, hashes)) = raw_string(bytes, at) {
            fill_string(&mut out, rest, open, raw_end(&rest[open..], hashes), hashes + 1);
        } else if byte == b'"' {
            fill_string(&mut out, rest, 1, quoted_end(&rest[1..]), 1);
        } else if let Some(length) = char_literal(text, at) {
            fill_string(&mut out, rest, 1, length - 2, 1);
        } else {
            out.push(if byte.is_ascii() { byte } else { b'_' });
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// Appends one byte of `with` for each of `bytes`, newlines as they are.
fn fill(out: &mut Vec<u8>, bytes: &[u8], with: u8) {
    out.extend(bytes.iter().map(|b| if *b == b'\n' { b'\n' } else { with }));
}

/// Appends the opening (`open` bytes), `inside` bytes blanked, and the closing as far as the text goes.
fn fill_string(out: &mut Vec<u8>, rest: &[u8], open: usize, inside: usize, close: usize) {
    out.extend_from_slice(&rest[..open]);
    let end = open + inside;
    fill(out, &rest[open..end], b'~');
    out.extend_from_slice(&rest[end..(end + close).min(rest.len())]);
}

/// Length of a nested block comment, to the end of the text if it is never closed.
fn block_comment(rest: &[u8]) -> usize {
    let (mut depth, mut at) = (0_usize, 0);
    while at < rest.len() {
        match &rest[at..] {
            [b'/', b'*', ..] => (depth, at) = (depth + 1, at + 2),
            [b'*', b'/', ..] if depth == 1 => return at + 2,
            [b'*', b'/', ..] => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
    }
    rest.len()
}

/// At `r"`, `r#"`, `br"`, `cr##"` …: the length of the opening and the number of hashes.
fn raw_string(bytes: &[u8], at: usize) -> Option<(usize, usize)> {
    let follows_word = at > 0 && (bytes[at - 1].is_ascii_alphanumeric() || bytes[at - 1] == b'_');
    let rest = &bytes[at..];
    let prefix = [&b"r"[..], b"br", b"cr"].into_iter().find(|prefix| rest.starts_with(prefix))?;
    let hashes = rest[prefix.len()..].iter().take_while(|b| **b == b'#').count();
    let is_string = !follows_word && rest.get(prefix.len() + hashes) == Some(&b'"');
    is_string.then_some((prefix.len() + hashes + 1, hashes))
}

fn raw_end(rest: &[u8], hashes: usize) -> usize {
    let closes = |at: &usize| rest[*at] == b'"' && rest[at + 1..].iter().take_while(|b| **b == b'#').count() >= hashes;
    (0..rest.len()).find(closes).unwrap_or(rest.len())
}

fn quoted_end(rest: &[u8]) -> usize {
    let mut at = 0;
    while at < rest.len() && rest[at] != b'"' {
        at += if rest[at] == b'\\' { 2 } else { 1 };
    }
    at.min(rest.len())
}

/// The length of `'x'` or `'\u{1F}'`, quotes included; a lifetime is `None`.
fn char_literal(text: &str, at: usize) -> Option<usize> {
    let inside = text.get(at..)?.strip_prefix('\'')?;
    if let Some(escaped) = inside.strip_prefix('\\') {
        let skipped = escaped.chars().next()?.len_utf8();
        return escaped[skipped..].find('\'').map(|end| end + skipped + 3);
    }
    let width = inside.chars().next()?.len_utf8();
    inside[width..].starts_with('\'').then_some(width + 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blanks() {
        let check = |text: &str, expect: &str| {
            assert_eq!(blank(text), expect);
            assert_eq!(blank(text).len(), text.len());
        };
        check("a // b\nc", "a     \nc");
        check("a /* /* x */ y */ b", "a                 b");
        check(r#"f("a\"{b")"#, r#"f("~~~~~")"#);
        check(r##"f(r#"a"{"#)"##, r##"f(r#"~~~"#)"##);
        check("'{' 'a x<'_> '\\'' ", "'~' 'a x<'_> '~~' ");
        check("'\\u{1F}'}", "'~~~~~~'}");
        check("\"é\"", "\"~~\"");
        check("\"open", "\"~~~~");
        check("for_r\"a\"", "for_r\"~\"");
    }
}
