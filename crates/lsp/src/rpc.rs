//! Frames of JSON-RPC: `Content-Length: 71`, an empty line, that many bytes of JSON (LSP 3.17, base protocol).

use serde_json::{Value, json};
use std::io::{self, BufRead, Write};

/// Largest message that is read.
const BYTES_MAX: usize = 64 * 1024 * 1024;
/// Longest header line.
const HEADER_MAX: u64 = 4096;

/// Codes of errors (JSON-RPC 2.0 §5.1, LSP 3.17).
pub(crate) const METHOD_NOT_FOUND: i64 = -32601;
pub(crate) const INVALID_PARAMS: i64 = -32602;
pub(crate) const NOT_INITIALIZED: i64 = -32002;
pub(crate) const INVALID_REQUEST: i64 = -32600;
const PARSE_ERROR: i64 = -32700;

/// Reads the next message; `None` at the end of the input. Bytes that are no JSON give an error to answer with.
///
/// # Errors
/// The input breaks, or what comes is no frame.
pub(crate) fn read(input: &mut dyn BufRead) -> io::Result<Option<Result<Value, Value>>> {
    let Some(length) = length(input)? else { return Ok(None) };
    let mut bytes = vec![0; length];
    input.read_exact(&mut bytes)?;
    Ok(Some(serde_json::from_slice(&bytes).map_err(|error| failure(&Value::Null, PARSE_ERROR, &error.to_string()))))
}

fn length(input: &mut dyn BufRead) -> io::Result<Option<usize>> {
    let wrong = |what: &str| io::Error::new(io::ErrorKind::InvalidData, what.to_owned());
    let mut length = None;
    loop {
        let mut line = String::new();
        if io::Read::take(&mut *input, HEADER_MAX).read_line(&mut line)? == 0 {
            return if length.is_none() { Ok(None) } else { Err(io::ErrorKind::UnexpectedEof.into()) };
        }
        let line = line.trim_end();
        if line.is_empty() {
            return match length {
                Some(length) if length <= BYTES_MAX => Ok(Some(length)),
                Some(_) => Err(wrong("the message is too large")),
                None => Err(wrong("the header has no Content-Length")),
            };
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = Some(value.trim().parse().map_err(|_| wrong("Content-Length is no number"))?);
        }
    }
}

/// Writes a message.
///
/// # Errors
/// The output breaks.
pub(crate) fn write(output: &mut dyn Write, message: &Value) -> io::Result<()> {
    let body = message.to_string();
    write!(output, "Content-Length: {}\r\n\r\n{body}", body.len())?;
    output.flush()
}

/// The answer to a request.
pub(crate) fn success(id: &Value, result: Value) -> Value {
    json!({"jsonrpc": "2.0", "id": id, "result": result})
}

/// The answer to a request that failed.
pub(crate) fn failure(id: &Value, code: i64, message: &str) -> Value {
    json!({"jsonrpc": "2.0", "id": id, "error": {"code": code, "message": message}})
}

/// A message that wants no answer.
pub(crate) fn notification(method: &str, parameters: Value) -> Value {
    json!({"jsonrpc": "2.0", "method": method, "params": parameters})
}
