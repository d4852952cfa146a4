//! Packages of definitions as their publishers give them: a gzipped tar of JSON files (`hl7.fhir.us.core-….tgz`).
//!
//! Promises: nothing is written and nothing fetched; the size of what comes out, of each file, and their number are bounded,
//! so that a small file cannot become a large one; what is no regular file is passed over.
//! Never: follows a dependency of a package.

use crate::{Error, codes};
use std::io::Read;

/// Most bytes of all files together.
pub const BYTES_MAX: usize = 1024 * 1024 * 1024;
/// Most bytes of one file.
pub const FILE_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Most files.
pub const FILES_MAX: usize = 200_000;

/// A block of a tar file: a header, or content.
const BLOCK: usize = 512;

/// Calls `each` with the name and content of every regular file of a package; returns how many there were.
///
/// # Errors
/// E1282: it is no gzipped tar, or passes a limit; and the error of `each`.
pub fn each(bytes: &[u8], mut each: impl FnMut(&str, &[u8]) -> Result<(), Error>) -> Result<usize, Error> {
    let mut reader = flate2::read::GzDecoder::new(bytes).take(BYTES_MAX as u64);
    let mut content = Vec::new();
    let mut count = 0;
    let mut header = [0_u8; BLOCK];
    loop {
        if !fill(&mut reader, &mut header)? {
            return if count == 0 { Err(refused("the package holds no file")) } else { Ok(count) };
        }
        if header.iter().all(|byte| *byte == 0) {
            continue;
        }
        if !is_sum_right(&header) {
            return Err(refused("the file is no package: it is no tar inside of its gzip"));
        }
        let size = octal(&header[124..136]).filter(|size| *size <= FILE_BYTES_MAX);
        let size =
            size.ok_or_else(|| refused(format!("a file of the package has more than {} MiB", FILE_BYTES_MAX >> 20)))?;
        content.clear();
        content.resize(size.next_multiple_of(BLOCK), 0);
        if !fill(&mut reader, &mut content)? && size > 0 {
            return Err(refused("the package is cut off"));
        }
        // `0` and NUL are regular files; long names and extended headers stand in entries of their own.
        if matches!(header[156], b'0' | 0) {
            count += 1;
            if count > FILES_MAX {
                return Err(refused(format!("the package has more than {FILES_MAX} files")));
            }
            each(&name(&header), &content[..size])?;
        }
    }
}

fn refused(text: impl Into<std::borrow::Cow<'static, str>>) -> Error {
    Error::refused(codes::E1282, "", text)
}

/// Fills a buffer; false at the end.
fn fill(reader: &mut impl Read, into: &mut [u8]) -> Result<bool, Error> {
    match reader.read_exact(into) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => Ok(false),
        Err(_) => Err(refused("the file is no package: it is no gzip, or is damaged")),
    }
}

fn text(bytes: &[u8]) -> &str {
    let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
    std::str::from_utf8(&bytes[..end]).unwrap_or_default()
}

fn octal(bytes: &[u8]) -> Option<usize> {
    let digits = text(bytes).trim();
    if digits.is_empty() { Some(0) } else { usize::from_str_radix(digits, 8).ok() }
}

/// The sum over the header, with blanks where it stands itself (POSIX.1-1988).
fn is_sum_right(header: &[u8; BLOCK]) -> bool {
    let sum: usize = header
        .iter()
        .enumerate()
        .map(|(at, byte)| usize::from(if (148..156).contains(&at) { b' ' } else { *byte }))
        .sum();
    octal(&header[148..156]) == Some(sum)
}

fn name(header: &[u8; BLOCK]) -> String {
    match text(&header[345..500]) {
        "" => text(&header[..100]).to_owned(),
        prefix => format!("{prefix}/{}", text(&header[..100])),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use std::io::Write;

    /// A tar of these files, gzipped.
    pub(crate) fn packed(files: &[(&str, u8, &[u8])]) -> Vec<u8> {
        let mut tar = Vec::new();
        for (name, kind, content) in files {
            let mut header = [0_u8; BLOCK];
            header[..name.len()].copy_from_slice(name.as_bytes());
            header[124..135].copy_from_slice(format!("{:011o}", content.len()).as_bytes());
            header[148..156].fill(b' ');
            header[156] = *kind;
            let sum: usize = header.iter().map(|byte| usize::from(*byte)).sum();
            header[148..154].copy_from_slice(format!("{sum:06o}").as_bytes());
            header[154] = 0;
            tar.extend_from_slice(&header);
            tar.extend_from_slice(content);
            tar.resize(tar.len().next_multiple_of(BLOCK), 0);
        }
        tar.resize(tar.len() + 2 * BLOCK, 0);
        gzip(&tar)
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(bytes).expect("memory");
        encoder.finish().expect("memory")
    }

    fn names(bytes: &[u8]) -> Result<Vec<String>, Error> {
        let mut out = Vec::new();
        each(bytes, |name, content| {
            out.push(format!("{name}:{}", content.len()));
            Ok(())
        })
        .map(|_| out)
    }

    #[test]
    fn files_are_read() {
        let bytes = packed(&[
            ("package/", b'5', b""),
            ("package/a.json", b'0', b"{}"),
            ("x", b'x', b"long name"),
            ("b", 0, &[7; 700]),
        ]);
        assert_eq!(names(&bytes).expect("a package"), ["package/a.json:2", "b:700"]);
    }

    #[test]
    fn what_is_no_package_is_refused() {
        let check = |bytes: &[u8]| assert_eq!(names(bytes).expect_err("refused").code(), codes::E1282);
        check(b"");
        check(b"{}");
        check(&gzip(b"no tar"));
        check(&gzip(&[b'x'; 2048]));
        let whole = packed(&[("a", b'0', &[7; 700])]);
        check(&whole[..whole.len() - 20]);
        // A header whose sum is another one: damaged, or no header.
        let mut damaged = [b'0'; 2 * BLOCK];
        damaged[124..136].fill(0);
        check(&gzip(&damaged));
        let mut huge = [0_u8; BLOCK];
        huge[124..135].copy_from_slice(b"77777777777");
        huge[148..156].fill(b' ');
        huge[156] = b'0';
        let sum: usize = huge.iter().map(|byte| usize::from(*byte)).sum();
        huge[148..154].copy_from_slice(format!("{sum:06o}").as_bytes());
        check(&gzip(&huge));
    }
}
