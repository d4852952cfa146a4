//! "Did you mean", as a hint.

use crate::syntax::closest;

/// ``did you mean `X`?``, if one of the known words is near.
pub(crate) fn did_you_mean<'k>(word: &str, known: impl IntoIterator<Item = &'k str>) -> Option<String> {
    closest(word, known).map(|found| format!("did you mean `{found}`?"))
}
