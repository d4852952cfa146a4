//! Puts the tables together: the terminology of HL7 with the versions of each code, completed from the other packages.

use super::fetch::Packages;
use super::model::{CodeFacts, TableFacts, VERSIONS, VersionFacts, squeezed};
use super::{hl7_dictionary, hl7apy, json};
use std::collections::BTreeMap;

type Tables = BTreeMap<u16, TableFacts>;

/// Longest text of a code that is kept: names of meanings, no prose.
const DISPLAY_CHARS_MAX: usize = 120;
/// hl7-dictionary was made when 2.7.1 was the newest.
const OLDER: u16 = 0b11_1111_1111;
/// The place of 2.3 among the versions.
const V2_3: usize = 2;
const ALL: u16 = (1 << VERSIONS.len()) - 1;

pub(super) fn merge(packages: &Packages, versions: &[VersionFacts]) -> Result<Tables, String> {
    let mut tables = terminology(packages)?;
    let mut titles: BTreeMap<u16, String> = BTreeMap::new();
    for (index, version) in VERSIONS.into_iter().enumerate() {
        for (number, title, codes) in hl7apy::tables(&packages.hl7apy, version)? {
            titles.insert(number, title);
            let is_known = tables.contains_key(&number);
            let table = tables.entry(number).or_default();
            for code in codes {
                let code = squeezed(&code);
                // The terminology says of its own codes when they came and went.
                if is_range(&code)
                    || is_known
                        && table.codes.contains_key(&code)
                        && table.codes[&code].versions & (1 << index) == 0
                        && index > 2
                {
                    continue;
                }
                table.codes.entry(code).or_default().versions |= 1 << index;
            }
        }
    }
    for (number, title, codes) in hl7_dictionary::tables(&packages.hl7_dictionary)? {
        let is_new = !tables.contains_key(&number);
        let table = tables.entry(number).or_default();
        table.name = title;
        for (code, display) in codes {
            if is_new && !is_range(&code) {
                table.codes.entry(code.clone()).or_default().versions = OLDER;
            }
            if let Some(found) = table.codes.get_mut(&code).filter(|found| found.display.is_empty()) {
                found.display = short(&display);
            }
        }
    }
    for (number, title) in titles {
        let table = tables.entry(number).or_default();
        if table.name.is_empty() {
            table.name = squeezed(&title);
        }
    }
    uses(&mut tables, versions);
    tables.retain(|number, table| *number != 0 && table.versions != 0);
    Ok(tables)
}

/// `...` and `0-9` stand for codes, they are none.
fn is_range(code: &str) -> bool {
    code.is_empty() || code.contains("...") || code.contains('…') || code == "No suggested values defined"
}

fn short(display: &str) -> String {
    squeezed(display).chars().take(DISPLAY_CHARS_MAX).collect()
}

fn terminology(packages: &Packages) -> Result<Tables, String> {
    let bundle = json::read(&packages.medplum.join("v2-tables.json"))?;
    let mut tables = Tables::new();
    for entry in bundle["entry"].as_array().into_iter().flatten() {
        let resource = &entry["resource"];
        let Some(name) = resource["id"].as_str().and_then(|id| id.strip_prefix("v2-")) else { continue };
        if resource["resourceType"] != "CodeSystem" {
            continue;
        }
        let (number, mask) = match name.split_once('-') {
            None => (name, ALL),
            Some((first, number)) => (number, since(first, number)),
        };
        let number: u16 = number.parse().map_err(|_| format!("v2-{name}: no table number"))?;
        let table = tables.entry(number).or_default();
        let said = versions_said(resource["text"]["div"].as_str().unwrap_or_default());
        if table.name.is_empty() {
            table.name = heading(resource["text"]["div"].as_str().unwrap_or_default());
        }
        for concept in resource["concept"].as_array().into_iter().flatten() {
            let code = squeezed(concept["code"].as_str().unwrap_or_default());
            if is_range(&code) {
                continue;
            }
            let versions = said.get(&code).copied().unwrap_or(ALL) & mask;
            let found = table.codes.entry(code).or_default();
            if found.display.is_empty() || versions != 0 && found.versions == 0 {
                found.display = short(concept["display"].as_str().unwrap_or_default());
            }
            found.versions |= versions;
        }
    }
    Ok(tables)
}

/// Three tables were replaced as a whole; each edition is a code system with the version in which it came.
fn since(first: &str, number: &str) -> u16 {
    let place = |version: &str| VERSIONS.iter().position(|known| *known == version).unwrap_or(0);
    let end = match (number, first) {
        ("0006", "2.1") => place("2.4"),
        ("0360", "2.3.1") => place("2.7"),
        ("0391", "2.4") => place("2.6"),
        _ => VERSIONS.len(),
    };
    (place(first)..end).fold(0, |mask, version| mask | 1 << version)
}

fn heading(div: &str) -> String {
    let inner = div.split("<p>").nth(1).and_then(|rest| rest.split("</p>").next()).unwrap_or_default();
    unescaped(inner)
}

/// Which versions have each code, by the last cell of its row: `from v2.1, removed after v2.3.1`.
fn versions_said(div: &str) -> BTreeMap<String, u16> {
    let mut out = BTreeMap::new();
    for row in div.split("<tr>").skip(2) {
        let cells: Vec<&str> = row.split("<td").skip(1).collect();
        let (Some(first), Some(last)) = (cells.first(), cells.last()) else { continue };
        let text = |cell: &str| {
            let start = cell.find('>').map_or(0, |at| at + 1);
            cell[start..].split('<').next().unwrap_or_default().to_string()
        };
        out.insert(squeezed(&unescaped(&text(first))), mask(&text(last)));
    }
    out
}

fn mask(said: &str) -> u16 {
    let version_after = |word: &str| {
        let rest = &said[said.find(word)? + word.len()..];
        let number: String =
            rest.trim_start().trim_start_matches('v').chars().take_while(|c| c.is_ascii_digit() || *c == '.').collect();
        VERSIONS.iter().position(|version| *version == number.trim_end_matches('.'))
    };
    let first = version_after("from").or_else(|| version_after("added")).unwrap_or(0);
    let last = version_after("removed after").unwrap_or(VERSIONS.len() - 1);
    (first..=last).fold(0, |mask, version| mask | 1 << version)
}

fn unescaped(text: &str) -> String {
    squeezed(
        &text
            .replace("&lt;", "<")
            .replace("&gt;", ">")
            .replace("&quot;", "\"")
            .replace("&#39;", "'")
            .replace("&nbsp;", " ")
            .replace("&amp;", "&"),
    )
}

/// A version has a table when it has a code of it or a part that uses it. A table is HL7's own when parts of type ID, and
/// none of type IS, use it in the newest version that has either; before 2.3 ID stood for both.
fn uses(tables: &mut Tables, versions: &[VersionFacts]) {
    for table in tables.values_mut() {
        table.versions = table.codes.values().fold(0, |mask, code: &CodeFacts| mask | code.versions);
        table.is_user_defined = true;
    }
    for (index, facts) in versions.iter().enumerate() {
        let wholes = facts.segments.values().chain(facts.types.values());
        let parts = || wholes.clone().flat_map(|whole| whole.parts.values()).filter(|part| part.table != 0);
        for part in parts() {
            let new = || TableFacts { is_user_defined: true, ..TableFacts::default() };
            let table = tables.entry(part.table).or_insert_with(new);
            table.versions |= 1 << index;
            table.is_user_defined &= part.kind != "ID" || index < V2_3;
        }
        for part in parts().filter(|part| part.kind == "IS") {
            tables.entry(part.table).or_default().is_user_defined = true;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_versions_of_a_code() {
        assert_eq!(mask("from v2.1"), ALL);
        assert_eq!(mask("from v2.1, removed after v2.3.1"), 0b1111);
        assert_eq!(mask("added v2.3, removed after v2.3"), 0b100);
        let div = "<table><tr><td><b>Code</b></td></tr><tr><td>A&amp;B<a name=\"x\"> </a></td><td>Text</td><td/><td>added v2.9</td></tr>";
        assert_eq!(versions_said(div).get("A&B"), Some(&(1 << 13)));
    }
}
