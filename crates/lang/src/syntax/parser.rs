//! The parser: tokens become statements and blocks.
//!
//! Promises: any text yields a tree, in linear time, no deeper than [`SYNTAX_DEPTH_MAX`]; every token keeps its place;
//! whoever reads the tree needs no defence against depth. What a statement means is not known here.
//!
//! A statement ends at its line end, unless a bracket is open or the next line with something on it starts with `|`.

use super::{
    Block, Statement, Token, TokenKind, Tree,
    braces::{Brace, Guess},
    brackets::{self, Pairs},
    findings::Findings,
    lexer,
};
use crate::codes;
use message::{
    Diagnostic,
    limits::{SYNTAX_BYTES_MAX, SYNTAX_DEPTH_MAX},
};
use std::sync::Arc;

/// Reads `text` into a tree. Never fails: what is wrong is among the findings, and the tree holds the rest.
///
/// `file` is the name that findings carry, relative to the workspace.
pub fn parse(file: impl Into<Arc<str>>, text: impl Into<Arc<str>>) -> (Tree, Vec<Diagnostic>) {
    let (file, text) = (file.into(), text.into());
    let mut findings = Findings::new(file.clone());
    let (tokens, statements) = if text.len() > SYNTAX_BYTES_MAX {
        refuse_size(&text, &mut findings)
    } else {
        let tokens = lexer::lex(&text, &mut findings);
        let pairs = brackets::pair(&tokens, &mut findings);
        let statements = Parser::new(&text, &tokens, &pairs, &mut findings).run();
        (tokens, statements)
    };
    let has_errors = findings.has_errors();
    (Tree { file, text, tokens, statements, has_errors }, findings.into_sorted())
}

/// Reads the bytes of a file. Bytes that are not UTF-8 become U+FFFD with a finding.
pub fn parse_bytes(file: impl Into<Arc<str>>, bytes: &[u8]) -> (Tree, Vec<Diagnostic>) {
    let file = file.into();
    let invalid = std::str::from_utf8(bytes).err();
    let (mut tree, mut findings) = parse(file.clone(), String::from_utf8_lossy(bytes));
    if let Some(error) = invalid {
        let at = error.valid_up_to();
        let finding = Diagnostic::error(codes::E2011, format!("byte {} of the file is not UTF-8", at + 1))
            .at(&file, at..at + '\u{FFFD}'.len_utf8(), "not a character")
            .hint("save the file as UTF-8; editors call it encoding");
        findings.insert(0, finding);
        tree.has_errors = true;
    }
    (tree, findings)
}

/// A text over the limit becomes one token, so that it still is the text.
fn refuse_size(text: &str, findings: &mut Findings) -> (Vec<Token>, Vec<Statement>) {
    findings.error(
        codes::E2010,
        0..0,
        &format!("the file has {} bytes, more than {SYNTAX_BYTES_MAX}", text.len()),
        "",
        "split it into several files; long code tables belong in CSV files",
    );
    let end = u32::try_from(text.len()).unwrap_or(u32::MAX);
    (vec![Token { kind: TokenKind::Error, start: 0, end }], Vec::new())
}

/// A block under way: what its statement's header is, where `{` stands, what it holds so far.
struct Frame {
    header: Vec<u32>,
    open: usize,
    statements: Vec<Statement>,
}

struct Parser<'p> {
    text: &'p str,
    tokens: &'p [Token],
    pairs: &'p Pairs,
    findings: &'p mut Findings,
    /// Statements at the top.
    top: Vec<Statement>,
    frames: Vec<Frame>,
    braces: Vec<Brace>,
    guess: Guess,
    /// The header under way, its indentation, and how many brackets are open in it.
    header: Vec<u32>,
    header_indent: usize,
    nesting: usize,
    /// Of the current line: columns before its first token, and whether that is still to come.
    indent: usize,
    is_line_start: bool,
    /// A block was closed on this line.
    is_after_block: bool,
    /// One past the last significant token.
    end: usize,
}

impl<'p> Parser<'p> {
    fn new(text: &'p str, tokens: &'p [Token], pairs: &'p Pairs, findings: &'p mut Findings) -> Parser<'p> {
        Parser {
            text,
            tokens,
            pairs,
            findings,
            top: Vec::new(),
            frames: Vec::new(),
            braces: Vec::new(),
            guess: Guess::new(tokens),
            header: Vec::new(),
            header_indent: 0,
            nesting: 0,
            indent: 0,
            is_line_start: true,
            is_after_block: false,
            end: 0,
        }
    }

    fn run(mut self) -> Vec<Statement> {
        let mut index = 0;
        while let Some(token) = self.tokens.get(index).copied() {
            match token.kind {
                TokenKind::Space => self.space(token),
                TokenKind::Comment => {}
                TokenKind::Newline => {
                    index = self.newline(index);
                    continue;
                }
                TokenKind::OpenBrace => self.open_brace(index),
                TokenKind::CloseBrace => self.close_brace(token),
                _ => self.header_token(index),
            }
            if !token.kind.is_trivia() {
                self.is_line_start = false;
                self.end = token.end as usize;
            }
            index += 1;
        }
        self.finish_statement();
        while let Some(brace) = self.braces.last().copied() {
            self.report_missing(&brace, None);
            self.close_top(self.text.len());
        }
        self.top
    }

    fn space(&mut self, token: Token) {
        if self.is_line_start {
            let blanks = &self.text[token.start as usize..token.end as usize];
            // A tab goes to the next multiple of four, a common setting; only comparisons matter.
            self.indent = blanks.chars().fold(0, |at, c| if c == '\t' { (at / 4 + 1) * 4 } else { at + 1 });
        }
    }

    /// Ends the statement, or steps to the token that continues it. Gives the index to go on with.
    fn newline(&mut self, index: usize) -> usize {
        self.is_line_start = true;
        self.is_after_block = false;
        self.indent = 0;
        if self.header.is_empty() || self.nesting > 0 {
            return index + 1;
        }
        let next = self.tokens[index..].iter().position(|token| !token.kind.is_trivia()).map(|after| index + after);
        match next {
            Some(next) if self.tokens[next].kind == TokenKind::Pipe => next,
            _ => {
                self.finish_statement();
                index + 1
            }
        }
    }

    fn header_token(&mut self, index: usize) {
        let token = self.tokens[index];
        if self.header.is_empty() {
            self.start_statement(token);
        }
        let opens = matches!(token.kind, TokenKind::OpenBracket | TokenKind::OpenParen);
        let closes = matches!(token.kind, TokenKind::CloseBracket | TokenKind::CloseParen);
        if opens {
            self.nesting += 1;
            if self.nesting == SYNTAX_DEPTH_MAX + 1 {
                self.report_depth(token);
            }
        }
        // Beyond the limit tokens stay in the file and leave the header, so that readers may recurse.
        if self.nesting <= SYNTAX_DEPTH_MAX {
            self.header.push(index as u32);
        }
        if closes || (opens && !self.pairs.is_matched(index)) {
            self.nesting = self.nesting.saturating_sub(1);
        }
    }

    fn start_statement(&mut self, token: Token) {
        if self.is_line_start {
            self.close_forgotten(token);
        }
        let is_indented = |brace: &Brace, parser: &Parser| parser.is_line_start && parser.indent > brace.indent;
        if let Some(mut brace) = self.braces.pop() {
            brace.is_indented = Some(brace.is_indented.unwrap_or_else(|| is_indented(&brace, self)));
            self.braces.push(brace);
        }
        self.header_indent = self.indent;
        let span = token.start as usize..token.end as usize;
        if self.is_after_block {
            self.is_after_block = false;
            self.findings.error(
                codes::E2014,
                span,
                "a statement starts on the line where a block ends",
                "needs a line of its own",
                "put a line end after `}`",
            );
        } else if token.kind == TokenKind::Pipe {
            self.findings.error(
                codes::E2016,
                span,
                "a line that starts with `|` continues the statement above, and there is none",
                "continues nothing",
                "put the value before `|`",
            );
        }
    }

    fn finish_statement(&mut self) {
        self.nesting = 0;
        if self.header.is_empty() {
            return;
        }
        let header = std::mem::take(&mut self.header);
        let span = self.header_start(&header)..self.end;
        self.push(Statement { header, block: None, span });
    }

    fn push(&mut self, statement: Statement) {
        self.frames.last_mut().map_or(&mut self.top, |frame| &mut frame.statements).push(statement);
    }

    fn header_start(&self, header: &[u32]) -> usize {
        header.first().map_or(self.end, |index| self.tokens[*index as usize].start as usize)
    }

    fn report_depth(&mut self, token: Token) {
        self.findings.error(
            codes::E2009,
            token.start as usize..token.end as usize,
            &format!("nested deeper than {SYNTAX_DEPTH_MAX}"),
            "too deep",
            "take the inner part out into a statement or a map of its own",
        );
    }
}

/// Braces.
impl Parser<'_> {
    fn open_brace(&mut self, index: usize) {
        let token = self.tokens[index];
        if self.header.is_empty() {
            self.brace_without_header(token);
        }
        let is_block = !self.header.is_empty() && self.frames.len() < SYNTAX_DEPTH_MAX;
        if !self.header.is_empty() && !is_block {
            self.report_depth(token);
            self.finish_statement();
        }
        self.nesting = 0;
        self.is_after_block = false;
        self.braces.push(Brace { token, is_block, indent: self.header_indent, is_indented: None });
        if is_block {
            let header = std::mem::take(&mut self.header);
            self.frames.push(Frame { header, open: token.start as usize, statements: Vec::new() });
        }
    }

    /// `{` with nothing before it: the statement above gets it, if there is one without a block. Else what it holds
    /// is lifted into the block around.
    fn brace_without_header(&mut self, token: Token) {
        let statements = self.frames.last_mut().map_or(&mut self.top, |frame| &mut frame.statements);
        let above = if self.is_line_start { statements.pop_if(|last| last.block.is_none()) } else { None };
        let hint = if above.is_some() { "move it to the end of the line above" } else { "write a word before it" };
        self.header_indent = self.indent;
        self.header = above.map(|statement| statement.header).unwrap_or_default();
        self.findings.error(
            codes::E2003,
            token.start as usize..token.end as usize,
            "`{` stands at the end of the line that it belongs to",
            "belongs to no statement here",
            hint,
        );
    }

    fn close_brace(&mut self, token: Token) {
        self.finish_statement();
        if self.is_line_start {
            while self.braces.last().is_some_and(|top| self.guess.is_forgotten(top, self.indent + 1)) {
                self.close_guessed(token);
            }
        }
        let is_stray = match self.braces.last() {
            None => true,
            Some(top) => self.is_line_start && self.guess.is_surplus(top, self.indent),
        };
        if is_stray {
            self.guess.surplus = self.guess.surplus.saturating_sub(1);
            self.findings.error(
                codes::E2001,
                token.start as usize..token.end as usize,
                "`}` closes nothing",
                "no open block here",
                "delete it, or look above for a block that ended too early",
            );
            return;
        }
        self.close_top(token.end as usize);
        self.is_after_block = true;
    }

    /// Closes the innermost brace; its block ends at `end`.
    fn close_top(&mut self, end: usize) {
        if !self.braces.pop().is_some_and(|brace| brace.is_block) {
            return;
        }
        if let Some(Frame { header, open, statements }) = self.frames.pop() {
            let span = self.header_start(&header)..end;
            self.push(Statement { header, block: Some(Block { statements, span: open..end }), span });
        }
    }

    /// A statement that starts no further in than the block's own line: the block's `}` was forgotten.
    fn close_forgotten(&mut self, token: Token) {
        while self.braces.last().is_some_and(|top| self.guess.is_forgotten(top, self.indent)) {
            self.close_guessed(token);
        }
    }

    fn close_guessed(&mut self, before: Token) {
        self.guess.missing = self.guess.missing.saturating_sub(1);
        if let Some(brace) = self.braces.last().copied() {
            self.report_missing(&brace, Some(before));
            self.close_top(self.end);
        }
    }

    fn report_missing(&mut self, brace: &Brace, before: Option<Token>) {
        let file = self.findings.file().clone();
        let span = brace.token.start as usize..brace.token.end as usize;
        let mut finding = Diagnostic::error(codes::E2002, "a block does not close").at(&file, span, "opened here");
        finding = match before {
            Some(token) => finding
                .at(&file, token.start as usize..token.end as usize, "`}` is probably missing before this line")
                .hint("add `}` on a line of its own; the indentation shows where it was meant"),
            None => finding.hint("add `}` on a line of its own at the end of the block"),
        };
        self.findings.push(finding);
    }
}
