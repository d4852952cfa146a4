//! The texts that a workspace is made of: read as they lie there, and made what they were.

use crate::watch::files;
use message::Reason;
use server::Texts;
use std::{fs, io, path::Path};

/// Longer files are data, and are not kept with a version.
const TEXT_BYTES_MAX: u64 = 1024 * 1024;

/// Every file of the workspace that is a text, by its path in it.
pub fn of(folder: &Path) -> Texts {
    let short = files(folder).into_iter().filter(|(_, facts)| facts.len() <= TEXT_BYTES_MAX);
    let read = |path: std::path::PathBuf| {
        let name = path.strip_prefix(folder).ok()?.to_str()?.to_owned();
        Some((name, fs::read_to_string(&path).ok()?))
    };
    short.filter_map(|(path, _)| read(path)).collect()
}

/// Makes the texts of the workspace these. Each file is the old or the new one at any time.
pub fn restore(folder: &Path, texts: &Texts) -> Result<(), Reason> {
    let now = of(folder);
    let refused = |name: &str, error: &io::Error| {
        Reason::new(server::codes::E7402, format!("{name}: {}; what was not written is as it was", error.kind()))
    };
    for (name, text) in texts.iter().filter(|(name, text)| now.get(*name) != Some(*text)) {
        write(&folder.join(name), text).map_err(|error| refused(name, &error))?;
    }
    for name in now.keys().filter(|name| !texts.contains_key(*name)) {
        fs::remove_file(folder.join(name)).map_err(|error| refused(name, &error))?;
    }
    Ok(())
}

/// Writes new files; none is written when one of them is there.
pub fn add(folder: &Path, files: &[(String, String)]) -> Result<(), Reason> {
    let refused =
        |name: &str, why: String| Reason::new(server::codes::E7402, format!("{name}: {why}; nothing was written"));
    if let Some((name, _)) = files.iter().find(|(name, _)| folder.join(name).exists()) {
        return Err(refused(name, "a file of this name is there already".to_owned()));
    }
    let written = files.iter().try_for_each(|(name, text)| {
        write(&folder.join(name), text).map_err(|error| refused(name, error.kind().to_string()))
    });
    if written.is_err() {
        files.iter().for_each(|(name, _)| drop(fs::remove_file(folder.join(name))));
    }
    written
}

/// Beside it and then over it: whoever reads sees the old text or the new one.
fn write(path: &Path, text: &str) -> io::Result<()> {
    path.parent().map_or(Ok(()), fs::create_dir_all)?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let draft = path.with_file_name(format!(".{name}.draft"));
    fs::write(&draft, text)?;
    fs::rename(&draft, path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_workspace_becomes_what_it_was_and_messages_stay() {
        let folder = testkit::Folder::new();
        let put = |name: &str, bytes: &[u8]| {
            let path = folder.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
        };
        put("sinew.toml", b"");
        put("interfaces/a/interface.flow", b"one");
        put("interfaces/a/gone.csv", b"1");
        put("interfaces/a/picture.bin", &[0xff, 0xfe]);
        put("data/log/0001.seg", b"patients");
        let before = of(folder.path());
        assert_eq!(
            before.keys().collect::<Vec<_>>(),
            ["interfaces/a/gone.csv", "interfaces/a/interface.flow", "sinew.toml"]
        );
        let new = |name: &str| [(name.to_owned(), "new".to_owned())];
        assert_eq!(
            add(folder.path(), &new("interfaces/a/gone.csv")).unwrap_err().code,
            "E7402",
            "nothing is written over"
        );
        add(folder.path(), &new("interfaces/a/tests/t.flow")).unwrap();
        assert_eq!(of(folder.path())["interfaces/a/tests/t.flow"], "new");
        put("interfaces/a/interface.flow", b"two");
        put("interfaces/b/interface.flow", b"new");
        fs::remove_file(folder.join("interfaces/a/gone.csv")).unwrap();
        restore(folder.path(), &before).unwrap();
        assert_eq!(of(folder.path()), before);
        assert_eq!(fs::read(folder.join("data/log/0001.seg")).unwrap(), b"patients");
        assert_eq!(fs::read(folder.join("interfaces/a/picture.bin")).unwrap(), [0xff, 0xfe]);
    }
}
