//! The workspace as one part: a tar file (POSIX ustar), so that any system unpacks it.
//!
//! Promises: the same files give the same bytes, whenever and by whomever they are packed. Never: links, owners, times.

use super::Error;

const BLOCK: usize = 512;
/// Bytes of a path: 155 of a folder, a slash, 100 of a name.
const NAME_MAX: usize = 100;
const PREFIX_MAX: usize = 155;

/// Files with their paths, relative and with `/`.
pub type Files = Vec<(String, Vec<u8>)>;

/// Packs files.
pub(super) fn pack(files: &Files) -> Result<Vec<u8>, Error> {
    let mut sorted: Vec<&(String, Vec<u8>)> = files.iter().collect();
    sorted.sort();
    let mut out = Vec::new();
    for (path, bytes) in sorted {
        out.extend_from_slice(&head(path, bytes.len())?);
        out.extend_from_slice(bytes);
        out.resize(out.len().next_multiple_of(BLOCK), 0);
    }
    out.resize(out.len() + 2 * BLOCK, 0);
    Ok(out)
}

fn head(path: &str, length: usize) -> Result<[u8; BLOCK], Error> {
    let too_long = || Error::Misconfigured { what: "a path in the workspace is longer than a backup can hold".into() };
    let (prefix, name) = match path.len() {
        0..=NAME_MAX => ("", path),
        _ => {
            let fits = |(at, _): &(usize, &str)| *at <= PREFIX_MAX && path.len() - at - 1 <= NAME_MAX;
            let (at, _) = path.match_indices('/').find(fits).ok_or_else(too_long)?;
            (&path[..at], &path[at + 1..])
        }
    };
    let mut head = [0; BLOCK];
    let mut put = |at: usize, text: &str| head[at..at + text.len()].copy_from_slice(text.as_bytes());
    put(0, name);
    put(100, "0000600\0");
    put(108, "0000000\0");
    put(116, "0000000\0");
    put(124, &format!("{length:011o}\0"));
    put(136, "00000000000\0");
    put(148, "        ");
    put(156, "0");
    put(257, "ustar\x0000");
    put(345, prefix);
    let sum: u32 = head.iter().map(|byte| u32::from(*byte)).sum();
    head[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    Ok(head)
}

/// Unpacks files; `None` when the bytes are not what [`pack`] makes, or a path leads elsewhere.
pub(super) fn unpack(mut bytes: &[u8]) -> Option<Files> {
    let mut files = Files::new();
    loop {
        let (head, rest) = bytes.split_at_checked(BLOCK)?;
        if head.iter().all(|byte| *byte == 0) {
            return Some(files);
        }
        let text = |from: usize, length: usize| {
            let field = &head[from..from + length];
            let end = field.iter().position(|byte| *byte == 0).unwrap_or(length);
            std::str::from_utf8(&field[..end]).ok().map(str::to_owned)
        };
        let (prefix, name) = (text(345, PREFIX_MAX)?, text(0, NAME_MAX)?);
        let path = if prefix.is_empty() { name } else { format!("{prefix}/{name}") };
        let is_inside = path.split('/').all(|part| !matches!(part, "" | "." | ".."));
        let length = usize::from_str_radix(&text(124, 12)?, 8).ok().filter(|_| is_inside)?;
        files.push((path, rest.get(..length)?.to_vec()));
        bytes = rest.get(length.next_multiple_of(BLOCK)..)?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comes_back_in_order_and_never_leads_out() {
        let long = format!("{}/{}", "d".repeat(150), "f".repeat(99));
        let files =
            vec![("sinew.toml".to_owned(), b"name".to_vec()), (long, vec![1; 513]), ("a/b".to_owned(), Vec::new())];
        let mut sorted = files.clone();
        sorted.sort();
        let packed = pack(&files).unwrap();
        assert_eq!(unpack(&packed), Some(sorted.clone()));
        assert_eq!(pack(&sorted).unwrap(), packed);
        assert_eq!(unpack(&packed[..packed.len() - 2 * BLOCK]), None, "cut");
        for bad in ["/etc/x", "../x", "a/../../x", "./a"] {
            assert_eq!(unpack(&pack(&vec![(bad.to_owned(), Vec::new())]).unwrap()), None, "{bad}");
        }
        assert!(pack(&vec![("x".repeat(300), Vec::new())]).is_err());
    }
}
