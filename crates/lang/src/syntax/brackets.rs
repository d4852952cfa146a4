//! Which `[` and `(` close, found before statements are: only those that do may hold a line end.

use super::{Token, TokenKind, findings::Findings};
use crate::codes;

/// For every token: it is a bracket or parenthesis with a partner.
pub(crate) struct Pairs(Vec<bool>);

impl Pairs {
    /// The token at `index` opens or closes a pair.
    pub(crate) fn is_matched(&self, index: usize) -> bool {
        self.0.get(index).copied().unwrap_or(false)
    }
}

/// Matches brackets. A brace ends every open one: braces never stand inside brackets, so a forgotten `]` costs one
/// statement and not the file.
pub(crate) fn pair(tokens: &[Token], findings: &mut Findings) -> Pairs {
    let mut matched = vec![false; tokens.len()];
    let mut open: Vec<usize> = Vec::new();
    // How many of `open` are brackets and parentheses: says without a search whether a partner exists.
    let mut counts = [0usize; 2];
    for (index, token) in tokens.iter().enumerate() {
        match token.kind {
            TokenKind::OpenBracket | TokenKind::OpenParen => {
                open.push(index);
                counts[usize::from(token.kind == TokenKind::OpenParen)] += 1;
            }
            TokenKind::CloseBracket => close(tokens, index, 0, &mut open, &mut counts, &mut matched, findings),
            TokenKind::CloseParen => close(tokens, index, 1, &mut open, &mut counts, &mut matched, findings),
            TokenKind::OpenBrace | TokenKind::CloseBrace => {
                open.drain(..).for_each(|left| report_open(tokens[left], findings));
                counts = [0, 0];
            }
            _ => {}
        }
    }
    open.drain(..).for_each(|left| report_open(tokens[left], findings));
    Pairs(matched)
}

fn close(
    tokens: &[Token],
    index: usize,
    kind: usize,
    open: &mut Vec<usize>,
    counts: &mut [usize; 2],
    matched: &mut [bool],
    findings: &mut Findings,
) {
    if counts[kind] == 0 {
        let token = tokens[index];
        let (written, partner) = if kind == 0 { ("]", "[") } else { (")", "(") };
        findings.error(
            codes::E2007,
            token.start as usize..token.end as usize,
            &format!("`{written}` closes nothing"),
            "no partner before it",
            &format!("delete it, or add the missing `{partner}`"),
        );
        return;
    }
    while let Some(top) = open.pop() {
        let top_kind = usize::from(tokens[top].kind == TokenKind::OpenParen);
        counts[top_kind] -= 1;
        if top_kind == kind {
            matched[top] = true;
            matched[index] = true;
            return;
        }
        report_open(tokens[top], findings);
    }
}

fn report_open(token: Token, findings: &mut Findings) {
    let (what, partner) = if token.kind == TokenKind::OpenParen { ("the parenthesis", ")") } else { ("the list", "]") };
    findings.error(
        codes::E2006,
        token.start as usize..token.end as usize,
        &format!("{what} does not close"),
        &format!("expected `{partner}` before the next brace"),
        &format!("add the missing `{partner}`"),
    );
}
