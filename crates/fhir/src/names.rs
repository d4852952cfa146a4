//! Names of elements that this crate asks for at every resource, looked up once.

use crate::{Name, Tree};
use std::sync::OnceLock;

macro_rules! names {
    ($($field:ident = $text:literal,)*) => {
        pub(crate) struct Names {
            $(pub(crate) $field: Name,)*
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
    div = "div",
    entry = "entry",
    extension = "extension",
    full_url = "fullUrl",
    id = "id",
    if_none_exist = "ifNoneExist",
    kind = "type",
    meta = "meta",
    profile = "profile",
    reference = "reference",
    request = "request",
    resource = "resource",
    resource_type = "resourceType",
    response = "response",
    system = "system",
    text = "text",
    url = "url",
    version_id = "versionId",
}

/// Every element name of R4 is a known name; the test below holds these to that.
fn known(text: &str) -> Name {
    Name::known(text).unwrap_or_else(|| Tree::new().name(text))
}

#[inline]
pub(crate) fn names() -> &'static Names {
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
