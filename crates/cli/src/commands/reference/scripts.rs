//! The page of what scripts may call.

use super::{code, fence};
use lang::script::{API, Bounds};

pub(super) fn page() -> String {
    let bounds = Bounds::default();
    let mut out = format!(
        "# Scripts\n\nWhat a script may call. [How to write one](../how-to/write-a-script.md) says where scripts stand and what they may \
         take: without a word in the line {} ms, counted in steps, and {} MiB of memory.\n\nThe language is JavaScript of \
         2023, in strict mode; a script is the body of a function. It has the built-ins of the language, which it cannot \
         change, but not these: `eval`, `Function`, `import`, promises, `Proxy`, typed arrays and shared memory, weak references, `BigInt`, \
         `Symbol.for`. A path is a text as in a line; within a segment `\"5.1\"` or `5` is enough.\n\n",
        bounds.time.as_millis(),
        bounds.memory / (1024 * 1024)
    );
    for entry in API {
        out.push_str(&format!("## {}\n\n{}\n\n", code(entry.syntax), entry.description));
        out.push_str(&fence("js", entry.example));
    }
    out
}
