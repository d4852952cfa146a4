//! Names of elements that are asked for or written at every resource, looked up once.

use crate::{Name, Tree};
use std::sync::OnceLock;

macro_rules! names {
    ($($field:ident = $text:literal,)*) => {
        /// Numbers of those names, the same in every tree.
        #[derive(Debug)]
        pub struct Names {
            $(#[doc = concat!("`", $text, "`")] pub $field: Name,)*
        }

        impl Names {
            fn find() -> Names {
                Names { $($field: known($text),)* }
            }
        }

        #[cfg(test)]
        const TEXTS: &[&str] = &[$($text,)*];
    };
}

names! {
    code = "code",
    coding = "coding",
    contained = "contained",
    display = "display",
    div = "div",
    entry = "entry",
    extension = "extension",
    full_url = "fullUrl",
    id = "id",
    if_none_exist = "ifNoneExist",
    kind = "type",
    meta = "meta",
    method = "method",
    profile = "profile",
    reference = "reference",
    request = "request",
    resource = "resource",
    resource_type = "resourceType",
    response = "response",
    system = "system",
    text = "text",
    url = "url",
    value = "value",
    version_id = "versionId",
}

/// Every element name of R4 is a known name; the test below holds these to that.
fn known(text: &str) -> Name {
    Name::known(text).unwrap_or_else(|| Tree::new().name(text))
}

/// The names, found when they are first asked for.
#[inline]
#[must_use]
pub fn names() -> &'static Names {
    static NAMES: OnceLock<Names> = OnceLock::new();
    NAMES.get_or_init(Names::find)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_are_known() {
        TEXTS.iter().for_each(|text| assert!(Name::known(text).is_some(), "{text}"));
    }
}
