//! Names of elements that every run writes, looked up once.

use fhir::{Name, Tree};
use std::sync::OnceLock;

macro_rules! names {
    ($($field:ident = $text:literal,)*) => {
        pub(super) struct Names {
            $(pub(super) $field: Name,)*
        }

        impl Names {
            fn find() -> Names {
                Names { $($field: known($text),)* }
            }
        }
    };
}

names! {
    code = "code",
    coding = "coding",
    display = "display",
    entry = "entry",
    full_url = "fullUrl",
    id = "id",
    if_none_exist = "ifNoneExist",
    method = "method",
    reference = "reference",
    request = "request",
    resource = "resource",
    resource_type = "resourceType",
    system = "system",
    text = "text",
    kind = "type",
    url = "url",
    value = "value",
}

/// Every element name of R4 is a known name; a test of `fhir::tree` holds it to that.
fn known(text: &str) -> Name {
    Name::known(text).unwrap_or_else(|| Tree::new().name(text))
}

#[inline]
pub(super) fn names() -> &'static Names {
    static NAMES: OnceLock<Names> = OnceLock::new();
    NAMES.get_or_init(Names::find)
}

#[cfg(test)]
mod tests {
    #[test]
    fn all_are_known() {
        for text in ["resourceType", "fullUrl", "ifNoneExist", "entry", "request", "method", "resource"] {
            assert!(fhir::Name::known(text).is_some(), "{text}");
        }
    }
}
