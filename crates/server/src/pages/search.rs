//! Finding a page of the guide by words. It needs no script and no network: a form asks, a page answers.
//!
//! Promises: every word has to be in a page; titles and headings count more than text; what was typed and what is shown of a
//! page are text and nothing else; the work is bounded by the guide and by what may be typed.

use std::{cmp::Reverse, collections::BTreeSet, fmt::Write as _, sync::OnceLock};

/// Letters of a question that count.
const CHARS_MAX: usize = 100;
const WORDS_MAX: usize = 8;
const FOUND_MAX: usize = 40;
/// Letters of a page that are shown around what was found.
const SHOWN_CHARS: usize = 180;
/// Times that a word in the text of a page counts.
const COUNT_MAX: usize = 5;

/// A page as it is looked through.
struct Page {
    name: String,
    title: String,
    /// The title and the name of the file, in small letters.
    head: String,
    /// The headings below the title, in small letters.
    headings: String,
    /// Its lines, as they stand.
    lines: Vec<String>,
    /// The lines in small letters, one behind the other.
    text: String,
}

impl Page {
    fn of(name: String, markdown: &str) -> Page {
        let title = super::title(markdown).to_owned();
        let headings: Vec<&str> = markdown.lines().filter(|line| line.starts_with("##")).collect();
        let lines: Vec<String> = markdown.lines().map(plain).filter(|line| !line.is_empty()).collect();
        Page {
            head: format!("{title} {name}").to_lowercase(),
            headings: headings.join("\n").to_lowercase(),
            text: lines.join("\n").to_lowercase(),
            name,
            title,
            lines,
        }
    }

    /// How well it fits; `None` where a word is missing.
    fn worth(&self, words: &[String]) -> Option<usize> {
        words.iter().try_fold(0, |worth, word| {
            let times = self.text.matches(word.as_str()).take(COUNT_MAX).count();
            let is_title = self.head.contains(word.as_str());
            let own = times + 20 * usize::from(is_title) + 6 * usize::from(self.headings.contains(word.as_str()));
            (own > 0).then_some(worth + own)
        })
    }

    /// The line with the most of the words, cut to what is shown.
    fn shown(&self, words: &[String]) -> String {
        let fit = |line: &&String| {
            let small = line.to_lowercase();
            words.iter().filter(|word| small.contains(word.as_str())).count()
        };
        // Of equals, the first.
        let best = self.lines.iter().skip(1).rev().max_by_key(fit).or(self.lines.first());
        let line = best.map_or("", String::as_str);
        let at = words.iter().filter_map(|word| line.to_lowercase().find(word.as_str())).min().unwrap_or(0);
        let before = line.char_indices().take_while(|(place, _)| *place < at).count();
        let from = before.saturating_sub(SHOWN_CHARS / 3);
        let cut: String = line.chars().skip(from).take(SHOWN_CHARS).collect();
        let dots = |is_cut: bool| if is_cut { "…" } else { "" };
        format!("{}{cut}{}", dots(from > 0), dots(line.chars().count() > from + SHOWN_CHARS))
    }
}

/// A line without the signs of Markdown.
fn plain(line: &str) -> String {
    let line = line.trim_matches([' ', '#', '|', '-', '>', '*', '`']).replace(['`', '*'], "").replace(" | ", " · ");
    // `[words](to)`: the words stay.
    let mut out = String::with_capacity(line.len());
    let mut rest = line.as_str();
    while let Some((before, behind)) = rest.split_once("](") {
        out.push_str(&before.replacen('[', "", 1));
        rest = behind.split_once(')').map_or("", |(_, rest)| rest);
    }
    out.push_str(rest);
    out
}

fn words(asked: &str) -> Vec<String> {
    let asked: String = asked.chars().take(CHARS_MAX).collect::<String>().to_lowercase();
    let words: BTreeSet<&str> = asked.split_whitespace().collect();
    words.into_iter().take(WORDS_MAX).map(str::to_owned).collect()
}

/// Text that Markdown leaves as it is.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        if letter.is_ascii_punctuation() {
            out.push('\\');
        }
        out.push(letter);
    }
    out
}

/// The answer to a question, as a page: what was found, the best first.
pub(super) fn answer(asked: &str, all: impl FnOnce() -> Vec<(String, String)>) -> String {
    static PAGES: OnceLock<Vec<Page>> = OnceLock::new();
    let pages = PAGES.get_or_init(|| all().into_iter().map(|(name, text)| Page::of(name, &text)).collect());
    let words = words(asked);
    if words.is_empty() {
        return "# Search the guide\n\nWrite words into the field above: a page has to have all of them. An error code finds its page.\n"
            .to_owned();
    }
    let mut found: Vec<(usize, &Page)> = pages.iter().filter_map(|page| Some((page.worth(&words)?, page))).collect();
    found.sort_by_key(|(worth, page)| (Reverse(*worth), &page.title));
    let number = match found.len() {
        0 => "No page has all of these words. Take one away, or look at [all pages](/docs).".to_owned(),
        1 => "One page.".to_owned(),
        many if many > FOUND_MAX => format!("The {FOUND_MAX} best of {many} pages."),
        many => format!("{many} pages."),
    };
    let asked: String = asked.chars().filter(|letter| !letter.is_control()).take(CHARS_MAX).collect();
    let mut out = format!("# Search: {}\n\n{number}\n\n", escaped(asked.trim()));
    for (_, page) in found.iter().take(FOUND_MAX) {
        let _ =
            write!(out, "- [{}](/docs/{})\n\n  {}\n\n", escaped(&page.title), page.name, escaped(&page.shown(&words)));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_without_signs() {
        assert_eq!(plain("## See `sinew plan` and [apply](a.md)"), "See sinew plan and apply");
        assert_eq!(plain("| a | b |"), "a · b");
        assert_eq!(plain("- [one](x) and [two](y) **so**"), "one and two so");
    }

    #[test]
    fn titles_count_more_and_every_word_has_to_be_there() {
        let page = |text: &str| Page::of("how-to/a.md".to_owned(), text);
        let (titled, named) = (page("# Resend a day\n\nWords.\n"), page("# Other\n\nResend, resend, resend.\n"));
        let worth = |of: &Page, asked: &str| of.worth(&words(asked));
        assert!(worth(&titled, "RESEND") > worth(&named, "resend"));
        assert_eq!(worth(&titled, "resend week"), None);
        assert!(named.shown(&words("resend")).starts_with("Resend, resend"));
    }

    #[test]
    fn long_lines_are_cut_around_what_was_found() {
        let long = format!("# T\n\n{} needle {}\n", "é ".repeat(400), "x ".repeat(400));
        let shown = Page::of("a.md".to_owned(), &long).shown(&words("needle"));
        assert!(shown.contains("needle") && shown.starts_with('…') && shown.ends_with('…'), "{shown}");
        assert!(shown.chars().count() <= SHOWN_CHARS + 2);
    }
}
