//! `1..50`, `0..*`, `3`: how long, how often.

use hl7v2::validate::lines::UNBOUNDED;

/// The two ends; why not, else.
pub(super) fn read(text: &str) -> Result<(u32, u32), &'static str> {
    let number = |text: &str| text.parse::<u32>().ok().filter(|number| *number < UNBOUNDED);
    let (low, high) = match text.split_once("..") {
        Some((low, high)) => (low, high),
        None => (text, text),
    };
    let low = number(low).ok_or("write two numbers, such as `1..3` or `0..*`")?;
    let high =
        if high == "*" { UNBOUNDED } else { number(high).ok_or("write two numbers, such as `1..3` or `0..*`")? };
    if low > high { Err("the first number is not above the second") } else { Ok((low, high)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_ends() {
        let check = |text: &str, expect: Option<(u32, u32)>| assert_eq!(read(text).ok(), expect, "{text}");
        check("1..50", Some((1, 50)));
        check("0..*", Some((0, UNBOUNDED)));
        check("3", Some((3, 3)));
        for wrong in ["", "..", "a..b", "3..1", "*", "1..", "-1..2", "4294967295..*"] {
            check(wrong, None);
        }
    }
}
