//! `keys/secrets.vault`: passwords and keys of a workspace's partners in one sealed file.
//!
//! The file opens with the block of every sealed file (a key of its own, wrapped by the master key), behind it a nonce and a
//! table, sealed with AES-256-GCM: JSON, `{"kept":{NAME:{"text":BASE64,"set":MICROSECONDS,"by":WHO}}}`. An older build wrote
//! `{NAME:TEXT}`, which is read too.
//! Promises: a text leaves only by its name; what is read is overwritten in memory when it is dropped; a crash leaves the file
//! before or the file after; of two processes that write, one waits for the other and none loses what the other wrote; another
//! master key needs no other file. Never: in a backup, a log or a `Debug`.

use crate::{
    Error, Options,
    disk::{self, Disk},
    envelope::{self, AREA_BYTES, Block},
    keys::{self, Keys},
    seal,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use message::Timestamp;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeMap,
    fmt, fs, io,
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
    sync::Arc,
};
use zeroize::Zeroizing;

const NAME: &str = "keys/secrets.vault";
const LOCK: &str = "secrets.lock";
const MAGIC: &[u8; 8] = b"SINEWSEC";
/// Largest text, and secrets of a workspace.
pub const SECRET_BYTES_MAX: usize = 64 * 1024;
const SECRETS_MAX: usize = 1024;

/// What is known of a secret besides its text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mark {
    /// When it was set; unknown of what an older build kept.
    pub set: Option<Timestamp>,
    /// By whom, as the audit chain names them.
    pub by: String,
}

struct Kept {
    text: Zeroizing<String>,
    mark: Mark,
}

/// See the module.
pub struct Vault {
    disk: Arc<dyn Disk>,
    path: PathBuf,
    area: Vec<u8>,
    key: Zeroizing<[u8; 32]>,
    kept: BTreeMap<String, Kept>,
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Vault({} secrets)", self.kept.len())
    }
}

/// The table as it is written. Texts are base64, so that reading them makes no copy that nobody overwrites.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written<'a> {
    #[serde(borrow)]
    kept: BTreeMap<&'a str, Row<'a>>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Row<'a> {
    text: &'a str,
    #[serde(default)]
    set: Option<Timestamp>,
    #[serde(default)]
    by: String,
}

impl Vault {
    /// Reads the vault of a data directory; `None` where there is none.
    ///
    /// # Errors
    /// `WrongKey`, `Corrupt`, `Unavailable`.
    pub fn open(directory: &Path, options: &Options) -> Result<Option<Vault>, Error> {
        match Vault::read(directory, options) {
            // The master key was changed between a look at the file and a look at the key.
            Err(Error::WrongKey { .. }) => Vault::read(directory, options),
            read => read,
        }
    }

    fn read(directory: &Path, options: &Options) -> Result<Option<Vault>, Error> {
        let path = directory.join(NAME);
        let bytes = match disk::read_all(&*options.disk, &path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(Error::unavailable("reading the secrets", &error)),
        };
        let keys = keys::load(&*options.disk, directory, &options.key, false)?;
        let (_, key) = envelope::open(NAME, &bytes, MAGIC, &keys)?;
        let key = Zeroizing::new(key);
        let damaged = || Error::corrupt(NAME, AREA_BYTES as u64, "the secrets do not open");
        let (area, rest) = bytes.split_at_checked(AREA_BYTES).ok_or_else(damaged)?;
        let (nonce, sealed) = rest.split_first_chunk::<NONCE_LEN>().ok_or_else(damaged)?;
        let mut sealed = Zeroizing::new(sealed.to_vec());
        let table = sealing(&key)?
            .open_in_place(Nonce::assume_unique_for_key(*nonce), Aad::from(MAGIC), &mut sealed)
            .map_err(|_| damaged())?;
        let kept = read(table).ok_or_else(damaged)?;
        Ok(Some(Vault { disk: options.disk.clone(), path, area: area.to_vec(), key, kept }))
    }

    /// The same, or a new one that is not written yet. Makes the master key where the workspace has none so far.
    fn open_or_make(directory: &Path, options: &Options) -> Result<Vault, Error> {
        if let Some(vault) = Vault::open(directory, options)? {
            return Ok(vault);
        }
        let keys = keys::load(&*options.disk, directory, &options.key, true)?;
        let key = Zeroizing::new(seal::random::<32>()?);
        let area = Block { magic: *MAGIC, store: [0; 16], numbers: [0, 0] }.area(&keys.current, &key)?;
        let path = directory.join(NAME);
        Ok(Vault { disk: options.disk.clone(), path, area, key, kept: BTreeMap::new() })
    }

    /// The names with what is known of them, in their order.
    pub fn marks(&self) -> impl Iterator<Item = (&str, &Mark)> {
        self.kept.iter().map(|(name, kept)| (name.as_str(), &kept.mark))
    }

    /// The text of a name.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&Zeroizing<String>> {
        self.kept.get(name).map(|kept| &kept.text)
    }

    /// Keeps a text under a name in the vault of a data directory, over what was there; makes the vault where there is none.
    ///
    /// # Errors
    /// `Misconfigured` for a name or text that cannot be kept, `WrongKey`, `Corrupt`, `Unavailable`.
    pub fn set(
        (directory, options): (&Path, &Options),
        name: &str,
        text: Zeroizing<String>,
        mark: Mark,
    ) -> Result<(), Error> {
        check(name, &text)?;
        let _alone = alone(directory)?;
        let mut vault = Vault::open_or_make(directory, options)?;
        if vault.kept.len() >= SECRETS_MAX && !vault.kept.contains_key(name) {
            return Err(Error::misconfigured("a workspace has at most 1024 secrets"));
        }
        vault.kept.insert(name.to_owned(), Kept { text, mark });
        vault.write()
    }

    /// Forgets a name; `false` where there is none.
    ///
    /// # Errors
    /// `WrongKey`, `Corrupt`, `Unavailable`.
    pub fn remove(directory: &Path, options: &Options, name: &str) -> Result<bool, Error> {
        if !directory.join(NAME).exists() {
            return Ok(false);
        }
        let _alone = alone(directory)?;
        let Some(mut vault) = Vault::open(directory, options)? else { return Ok(false) };
        let is_there = vault.kept.remove(name).is_some();
        if is_there {
            vault.write()?;
        }
        Ok(is_there)
    }

    fn write(&self) -> Result<(), Error> {
        let coded: Vec<Zeroizing<String>> =
            self.kept.values().map(|kept| Zeroizing::new(STANDARD.encode(kept.text.as_bytes()))).collect();
        let row = |(kept, text)| {
            let (name, Kept { mark, .. }): (&String, &Kept) = kept;
            let text: &Zeroizing<String> = text;
            (name.as_str(), Row { text: text.as_str(), set: mark.set, by: mark.by.clone() })
        };
        let table = Written { kept: self.kept.iter().zip(&coded).map(row).collect() };
        let refused = || Error::Unavailable { what: "the secrets cannot be sealed".into() };
        // Room for all of it, so that the table does not move while it grows and leaves a copy behind.
        let room = coded.iter().map(|text| text.len()).sum::<usize>()
            + self.kept.iter().map(|(name, kept)| name.len() + kept.mark.by.len() * 6 + 128).sum::<usize>()
            + 64;
        let mut sealed = Zeroizing::new(Vec::with_capacity(room));
        serde_json::to_writer(&mut *sealed, &table).map_err(|_| refused())?;
        let nonce = seal::random::<NONCE_LEN>()?;
        sealing(&self.key)?
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(MAGIC), &mut *sealed)
            .map_err(|_| refused())?;
        let bytes = [&self.area[..], &nonce, &sealed].concat();
        disk::replace(&*self.disk, &self.path, &bytes)
            .map_err(|error| Error::unavailable("writing the secrets", &error))?;
        // Sealed, and still nobody else's.
        let _ = fs::set_permissions(&self.path, fs::Permissions::from_mode(0o600));
        Ok(())
    }
}

/// Whether a name and a text can be kept.
///
/// # Errors
/// `Misconfigured`, which says what is asked of them.
pub fn check(name: &str, text: &str) -> Result<(), Error> {
    let is_word = |letter: u8| letter.is_ascii_alphanumeric() || b"-_.".contains(&letter);
    if name.is_empty() || name.len() > 64 || !name.bytes().all(is_word) {
        return Err(Error::misconfigured("the name of a secret has 1 to 64 of a-z, A-Z, 0-9, - _ ."));
    }
    if text.is_empty() || text.len() > SECRET_BYTES_MAX {
        return Err(Error::misconfigured("a secret has 1 byte to 64 KiB"));
    }
    Ok(())
}

/// The one who writes, until this is dropped.
fn alone(directory: &Path) -> Result<fs::File, Error> {
    let folder = directory.join("keys");
    let refused = |error: io::Error| Error::unavailable("making the folder of the secrets", &error);
    fs::DirBuilder::new().recursive(true).mode(0o700).create(&folder).map_err(refused)?;
    let locked = fs::OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(folder.join(LOCK));
    let locked = locked.and_then(|file| file.lock().map(|()| file));
    locked.map_err(|error| Error::unavailable("waiting for who else writes the secrets", &error))
}

/// The table, of this build or of an older one.
fn read(table: &[u8]) -> Option<BTreeMap<String, Kept>> {
    if let Ok(written) = serde_json::from_slice::<Written<'_>>(table) {
        let kept = |(name, row): (&str, Row<'_>)| {
            let bytes = Zeroizing::new(STANDARD.decode(row.text).ok()?);
            let text = Zeroizing::new(std::str::from_utf8(&bytes).ok()?.to_owned());
            Some((name.to_owned(), Kept { text, mark: Mark { set: row.set, by: row.by } }))
        };
        return written.kept.into_iter().map(kept).collect();
    }
    let texts: BTreeMap<String, String> = serde_json::from_slice(table).ok()?;
    let kept = |text| Kept { text: Zeroizing::new(text), mark: Mark::default() };
    Some(texts.into_iter().map(|(name, text)| (name, kept(text))).collect())
}

fn sealing(key: &[u8; 32]) -> Result<LessSafeKey, Error> {
    let key = UnboundKey::new(&AES_256_GCM, key);
    key.map(LessSafeKey::new).map_err(|_| Error::Unavailable { what: "the key of the secrets is of no use".into() })
}

/// Wraps the key of the vault of a data directory by the current master key; gives whether there is a vault. Who writes a
/// secret meanwhile does so before or after.
pub(crate) fn rewrap(disk: &dyn Disk, directory: &Path, keys: &Keys) -> Result<bool, Error> {
    let _alone = alone(directory)?;
    let path = directory.join(NAME);
    let bytes = match disk::read_all(disk, &path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(Error::unavailable("reading the secrets", &error)),
    };
    let new = envelope::rewrapped(NAME, &bytes, MAGIC, keys)?;
    if new != bytes {
        disk::replace(disk, &path, &new).map_err(|error| Error::unavailable("writing the secrets", &error))?;
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{KeySource, MasterKey, Store};

    fn folder() -> PathBuf {
        static NUMBER: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);
        let number = NUMBER.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("sinew-vault-{}-{number}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        path
    }

    fn secret(text: &str) -> Zeroizing<String> {
        Zeroizing::new(text.to_owned())
    }

    #[test]
    fn secrets_are_kept_sealed_and_found_by_name_also_under_another_key() {
        let (folder, mut options) = (folder(), Options { segment_bytes: 1024 * 1024, ..Options::default() });
        assert!(Vault::open(&folder, &options).unwrap().is_none());
        let mark = Mark { set: Some(Timestamp(1_772_348_889_000_000)), by: "ann \"the\" admin".into() };
        let set = |name: &str, text: &str| Vault::set((&folder, &options), name, secret(text), mark.clone()).unwrap();
        set("lab-password", "hunter2hunter2");
        set("adt.key", "-----BEGIN\n");
        let remove = || Vault::remove(&folder, &options, "adt.key").unwrap();
        assert!(remove() && !remove());
        let vault = Vault::open(&folder, &options).unwrap().unwrap();
        assert_eq!(format!("{vault:?}"), "Vault(1 secrets)");
        assert_eq!(vault.marks().collect::<Vec<_>>(), [("lab-password", &mark)]);
        let read = |options: &Options| {
            let vault = Vault::open(&folder, options)?.unwrap();
            Ok::<_, Error>((
                vault.marks().map(|(name, _)| name).collect::<Vec<_>>().join(","),
                vault.text("lab-password").unwrap().to_string(),
            ))
        };
        let expect = ("lab-password".to_owned(), "hunter2hunter2".to_owned());
        assert_eq!(read(&options).unwrap(), expect);
        let path = folder.join(NAME);
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(!fs::read(&path).unwrap().windows(7).any(|part| part == b"hunter2" || part == b"lab-pas"), "sealed");
        // The store begins with the key that the vault made, and another master key takes the vault along.
        let old = MasterKey::from_text(&fs::read_to_string(folder.join("keys/master.key")).unwrap()).unwrap();
        let (store, _) = Store::open(&folder, &options).unwrap();
        store.rotate(&store.new_key().unwrap(), &mut |_| {}).unwrap();
        drop(store);
        assert_eq!(read(&options).unwrap(), expect);
        options.key = KeySource::Given(old);
        assert!(matches!(read(&options), Err(Error::WrongKey { .. })), "the old key opens nothing");
        options.key = KeySource::InDirectory;
        let whole = fs::read(&path).unwrap();
        for at in (AREA_BYTES..whole.len()).chain([100]) {
            let mut bytes = whole.clone();
            bytes[at] ^= 1;
            fs::write(&path, &bytes).unwrap();
            assert!(at < AREA_BYTES || matches!(read(&options), Err(Error::Corrupt { .. })), "byte {at}");
        }
        for end in [0, 5, AREA_BYTES, AREA_BYTES + 5] {
            fs::write(&path, &whole[..end]).unwrap();
            assert!(read(&options).is_err(), "cut at {end}");
        }
        fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn what_cannot_be_kept() {
        let (folder, options) = (folder(), Options::default());
        let set = |name: &str, text: &str| Vault::set((&folder, &options), name, secret(text), Mark::default());
        for name in ["", "a b", "../x", &"x".repeat(65)] {
            assert!(matches!(set(name, "x"), Err(Error::Misconfigured { .. })), "{name}");
        }
        assert!(set("a", "").is_err() && set("a", &"x".repeat(SECRET_BYTES_MAX + 1)).is_err());
        assert!(!Vault::remove(&folder, &options, "a").unwrap());
        assert!(Vault::open(&folder, &options).unwrap().is_none(), "nothing was made");
        fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn of_many_who_write_at_once_each_is_kept() {
        let (folder, options) = (folder(), Options::default());
        std::thread::scope(|scope| {
            for writer in 0..4 {
                let (folder, options) = (&folder, &options);
                scope.spawn(move || {
                    for number in 0..8 {
                        let name = format!("w{writer}.{number}");
                        Vault::set((folder, options), &name, secret(&name), Mark::default()).unwrap();
                    }
                });
            }
        });
        let vault = Vault::open(&folder, &options).unwrap().unwrap();
        assert_eq!(vault.marks().count(), 32);
        assert!(vault.marks().all(|(name, _)| vault.text(name).is_some_and(|text| **text == name)));
        fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn what_an_older_build_kept_is_read_and_stays() {
        let (folder, options) = (folder(), Options::default());
        let _ = alone(&folder).unwrap();
        let vault = Vault::open_or_make(&folder, &options).unwrap();
        // `kept` as the name of a secret is no table.
        let mut sealed = br#"{"kept":"hunter2","key":"-----BEGIN\nabc"}"#.to_vec();
        let nonce = seal::random::<NONCE_LEN>().unwrap();
        let key = sealing(&vault.key).unwrap();
        key.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(MAGIC), &mut sealed).unwrap();
        fs::write(folder.join(NAME), [&vault.area[..], &nonce, &sealed].concat()).unwrap();
        Vault::set((&folder, &options), "new", secret("x"), Mark { set: None, by: "ann".into() }).unwrap();
        let vault = Vault::open(&folder, &options).unwrap().unwrap();
        let read = |name: &str| vault.text(name).map(|text| text.to_string());
        assert_eq!((read("kept"), read("key")), (Some("hunter2".into()), Some("-----BEGIN\nabc".into())));
        assert_eq!(vault.marks().map(|(_, mark)| &*mark.by).collect::<Vec<_>>(), ["", "", "ann"]);
        fs::remove_dir_all(&folder).unwrap();
    }
}
