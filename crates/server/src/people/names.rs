//! Names of users, services, roles: `a-z 0-9 . _ @ -`, 2 to 64 of them.

use crate::{codes, problem::Problem};
use axum::http::StatusCode;

/// A name as it is kept: lower case.
pub(super) fn read(text: &str) -> Result<String, Problem> {
    let name = text.trim().to_ascii_lowercase();
    let is_letter = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let is_right = (2..=64).contains(&name.len())
        && name.bytes().next().is_some_and(is_letter)
        && name.bytes().all(|byte| is_letter(byte) || b"._@-".contains(&byte));
    if is_right {
        return Ok(name);
    }
    let text = "a name has 2 to 64 of a-z 0-9 . _ @ - and begins with a letter or digit";
    Err(Problem::new(StatusCode::BAD_REQUEST, codes::E7080, text))
}

/// A title: one line.
pub(super) fn title(text: &str) -> Result<String, Problem> {
    const CHARS_MAX: usize = 120;
    let text = text.trim();
    if text.chars().count() <= CHARS_MAX && !text.chars().any(char::is_control) {
        return Ok(text.to_owned());
    }
    Err(Problem::new(StatusCode::BAD_REQUEST, codes::E7080, "a title is one line of at most 120 characters"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        for (text, expect) in [(" Ann ", Some("ann")), ("a.b@example.org", Some("a.b@example.org")), ("0x", Some("0x"))]
        {
            assert_eq!(read(text).ok().as_deref(), expect, "{text}");
        }
        for text in ["", "a", "-a", "a b", "ä1", "a\n", "a/b", &"a".repeat(65)] {
            assert!(read(text).is_err(), "{text}");
        }
        assert!(title("Ann Ähre").is_ok() && title("a\nb").is_err());
    }
}
