//! Values on the command line: durations and rates, written as in the language.

use std::time::Duration;

/// `500ms`, `20s`, `5m`, `2h`, `7d`.
pub fn duration(text: &str) -> Result<Duration, String> {
    let split = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(split);
    let number: f64 = number.parse().map_err(|_| format!("`{text}` is not a time; write 500ms, 20s, 5m or 2h"))?;
    let seconds = match unit {
        "ms" => 0.001,
        "s" | "" => 1.0,
        "m" | "min" => 60.0,
        "h" => 3_600.0,
        "d" => 86_400.0,
        _ => return Err(format!("`{unit}` is not a unit of time; write ms, s, m, h or d")),
    };
    Duration::try_from_secs_f64(number * seconds).map_err(|_| format!("`{text}` is too long"))
}

/// `10x` or `10`: how much faster than real time.
pub fn speed(text: &str) -> Result<f64, String> {
    let number: f64 = text.trim_end_matches('x').parse().map_err(|_| format!("`{text}` is not a speed; write 10x"))?;
    if number > 0.0 && number <= 1000.0 { Ok(number) } else { Err("the speed is from 0.01x to 1000x".to_owned()) }
}
