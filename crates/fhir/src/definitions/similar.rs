//! "Did you mean": the known name that is nearest to one that is not known.

use super::elements::Element;
use super::types::Type;

/// Longer names are not compared.
const LENGTH_MAX: usize = 48;

/// The candidate nearest to `wanted`, case aside: at most a third of its letters differ.
pub fn closest<'c>(wanted: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    let most = (wanted.len() / 3).max(1);
    let near = candidates.into_iter().filter_map(|name| Some((distance(wanted, name, most)?, name)));
    near.min_by_key(|(distance, _)| *distance).map(|(_, name)| name)
}

/// How many letters must be added, removed, changed or swapped with their neighbour; `None` past `most`.
fn distance(left: &str, right: &str, most: usize) -> Option<usize> {
    let (left, right) = (left.as_bytes(), right.as_bytes());
    if left.len().abs_diff(right.len()) > most || left.len() > LENGTH_MAX || right.len() > LENGTH_MAX {
        return None;
    }
    let mut rows = [[0_usize; LENGTH_MAX + 1]; 3];
    (0..=right.len()).for_each(|column| rows[0][column] = column);
    for (at, found) in left.iter().enumerate() {
        let [before, last, next] = [(at + 2) % 3, at % 3, (at + 1) % 3];
        rows[next][0] = at + 1;
        for (column, wanted) in right.iter().enumerate() {
            let is_same = |left: u8, right: u8| left.eq_ignore_ascii_case(&right);
            let change = rows[last][column] + usize::from(!is_same(*found, *wanted));
            let mut least = change.min(rows[last][column + 1] + 1).min(rows[next][column] + 1);
            let is_swap = at > 0 && column > 0 && is_same(left[at - 1], *wanted) && is_same(*found, right[column - 1]);
            if is_swap {
                least = least.min(rows[before][column - 1] + 1);
            }
            rows[next][column + 1] = least;
        }
    }
    Some(rows[left.len() % 3][right.len()]).filter(|distance| *distance <= most)
}

/// The type whose name is nearest.
#[must_use]
pub fn similar_type(name: &str) -> Option<Type> {
    closest(name, Type::all().map(Type::name)).and_then(Type::named)
}

/// The child of an element (see [`super::Member::body`]) whose name is nearest.
#[must_use]
pub fn similar_child(body: Element, name: &str) -> Option<&'static str> {
    closest(name, body.own_children().map(Element::name))
}
