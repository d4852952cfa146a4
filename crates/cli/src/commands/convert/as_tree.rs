//! `sinew convert --to json|xml|csv|tsv`: trees as other trees, without a map.

use super::Convert;
use crate::{
    desk::{self, recast::recast},
    mask, messages,
    outcome::{Exit, Failure, Result},
    screen::Screen,
};
use lang::Form;
use std::{fs::File, io::Write as _};

pub(super) fn run(convert: &Convert, to: &'static str, screen: &Screen) -> Result {
    let form = Form::named(to).ok_or_else(|| Failure::usage(format!("there is no format `{to}`")))?;
    let unwritten = |error: std::io::Error| {
        let path = convert.output.as_deref().unwrap_or_else(|| std::path::Path::new("-"));
        Failure::unreachable(format!("{} cannot be written: {error}", path.display()))
    };
    let mut file = convert.output.as_deref().map(File::create).transpose().map_err(unwritten)?;
    let is_masked = screen.is_terminal && !convert.reveal && file.is_none();
    let shown = |text: &str| if is_masked { mask::masked(text) } else { text.to_owned() };
    let mut is_good = true;
    for path in messages::expand(&convert.files)? {
        let name = path.display();
        let Some(document) = desk::open(&path, convert.format.as_deref())? else {
            let failure = Failure::usage(format!("{name}: HL7 v2 has no form as {to} here"));
            return Err(failure
                .hint("`sinew xml` writes v2.xml, `sinew show --json` a tree; other files are named by --format"));
        };
        match recast(&document, &form, !convert.jsonl, &shown) {
            Ok(mut bytes) => {
                if !bytes.ends_with(b"\n") {
                    bytes.push(b'\n');
                }
                match &mut file {
                    Some(file) => file.write_all(&bytes).map_err(unwritten)?,
                    None => screen.bytes(&bytes),
                }
            }
            Err(refused) => {
                screen.say(format!("{name}: {} {}", refused.code.id, refused.text));
                is_good = false;
            }
        }
    }
    Ok(if is_good { Exit::Ok } else { Exit::Problems })
}
