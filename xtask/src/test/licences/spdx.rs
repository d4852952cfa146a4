//! Licence expressions (SPDX 2.3 annex D): does a list of allowed licences satisfy one?

/// `A OR B` needs one, `A AND B` both; the old `A/B` means OR. What cannot be read is not satisfied.
pub(super) fn is_satisfied(expression: &str, allowed: &[String]) -> bool {
    let spaced = expression.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut reader = Reader { words: &words, at: 0, allowed };
    reader.any() == Some(true) && reader.at == words.len()
}

struct Reader<'a> {
    words: &'a [&'a str],
    at: usize,
    allowed: &'a [String],
}

impl Reader<'_> {
    fn any(&mut self) -> Option<bool> {
        let mut is_good = self.all()?;
        while self.takes("OR") {
            is_good |= self.all()?;
        }
        Some(is_good)
    }

    fn all(&mut self) -> Option<bool> {
        let mut is_good = self.one()?;
        while self.takes("AND") {
            is_good &= self.one()?;
        }
        Some(is_good)
    }

    fn one(&mut self) -> Option<bool> {
        if self.takes("(") {
            let inside = self.any();
            return inside.filter(|_| self.takes(")"));
        }
        let mut name = (*self.words.get(self.at)?).to_string();
        self.at += 1;
        if self.takes("WITH") {
            name = format!("{name} WITH {}", self.words.get(self.at)?);
            self.at += 1;
        }
        Some(self.allowed.contains(&name))
    }

    fn takes(&mut self, word: &str) -> bool {
        let is_next = self.words.get(self.at) == Some(&word);
        self.at += usize::from(is_next);
        is_next
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions() {
        let allowed = ["MIT", "ISC", "Apache-2.0", "Apache-2.0 WITH LLVM-exception"].map(str::to_string);
        let check =
            |expression: &str, expect: bool| assert_eq!(is_satisfied(expression, &allowed), expect, "{expression}");
        check("MIT", true);
        check("MIT/Unlicense", true);
        check("GPL-3.0 OR MIT", true);
        check("GPL-3.0 AND MIT", false);
        check("Apache-2.0 AND ISC", true);
        check("(GPL-3.0 OR MIT) AND ISC", true);
        check("GPL-3.0 OR MIT AND BSD", false);
        check("Apache-2.0 WITH LLVM-exception", true);
        check("MIT WITH something", false);
        check("", false);
        check("(MIT", false);
        check("MIT MIT", false);
    }
}
