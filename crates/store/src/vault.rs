//! `keys/secrets.vault`: passwords and keys of a workspace's partners in one sealed file.
//!
//! The file opens with the block of every sealed file (a key of its own, wrapped by the master key), behind it a nonce and the
//! names with their texts, sealed with AES-256-GCM.
//! Promises: a text leaves only by its name; what is read is overwritten in memory when it is dropped; a crash leaves the file
//! before or the file after; another master key needs no other file. Never: in a backup, a log or a `Debug`.

use crate::{
    Error, Options,
    disk::{self, Disk},
    envelope::{self, AREA_BYTES, Block},
    identity,
    seal::{self, MasterKey},
};
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use std::{
    collections::BTreeMap,
    fmt, fs, io,
    os::unix::fs::{DirBuilderExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
    sync::Arc,
};
use zeroize::Zeroizing;

const NAME: &str = "keys/secrets.vault";
const MAGIC: &[u8; 8] = b"SINEWSEC";
/// Largest text, and secrets of a workspace.
pub const SECRET_BYTES_MAX: usize = 64 * 1024;
const SECRETS_MAX: usize = 1024;

/// See the module.
pub struct Vault {
    disk: Arc<dyn Disk>,
    path: PathBuf,
    area: Vec<u8>,
    key: Zeroizing<[u8; 32]>,
    texts: BTreeMap<String, Zeroizing<String>>,
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Vault({} secrets)", self.texts.len())
    }
}

impl Vault {
    /// Reads the vault of a data directory; `None` where there is none.
    ///
    /// # Errors
    /// `WrongKey`, `Corrupt`, `Unavailable`.
    pub fn open(directory: &Path, options: &Options) -> Result<Option<Vault>, Error> {
        let path = directory.join(NAME);
        let bytes = match disk::read_all(&*options.disk, &path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(Error::unavailable("reading the secrets", &error)),
        };
        let master = identity::load(&*options.disk, directory, &options.key, false)?;
        let (_, key) = envelope::open(NAME, &bytes, MAGIC, &master)?;
        let key = Zeroizing::new(key);
        let damaged = || Error::corrupt(NAME, AREA_BYTES as u64, "the secrets do not open");
        let (area, rest) = bytes.split_at_checked(AREA_BYTES).ok_or_else(damaged)?;
        let (nonce, sealed) = rest.split_first_chunk::<NONCE_LEN>().ok_or_else(damaged)?;
        let mut sealed = Zeroizing::new(sealed.to_vec());
        let text = sealing(&key)?
            .open_in_place(Nonce::assume_unique_for_key(*nonce), Aad::from(MAGIC), &mut sealed)
            .map_err(|_| damaged())?;
        let texts: BTreeMap<String, String> = serde_json::from_slice(text).map_err(|_| damaged())?;
        let texts = texts.into_iter().map(|(name, text)| (name, Zeroizing::new(text))).collect();
        Ok(Some(Vault { disk: options.disk.clone(), path, area: area.to_vec(), key, texts }))
    }

    /// The same, or a new one that is not written yet. Makes the master key where the workspace has none so far.
    ///
    /// # Errors
    /// As [`Vault::open`].
    pub fn open_or_make(directory: &Path, options: &Options) -> Result<Vault, Error> {
        if let Some(vault) = Vault::open(directory, options)? {
            return Ok(vault);
        }
        let refused = |error: io::Error| Error::unavailable("making the folder of the secrets", &error);
        fs::DirBuilder::new().recursive(true).mode(0o700).create(directory.join("keys")).map_err(refused)?;
        let master = identity::load(&*options.disk, directory, &options.key, true)?;
        let key = Zeroizing::new(seal::random::<32>()?);
        let area = Block { magic: *MAGIC, store: [0; 16], numbers: [0, 0] }.area(&master, &key)?;
        let path = directory.join(NAME);
        Ok(Vault { disk: options.disk.clone(), path, area, key, texts: BTreeMap::new() })
    }

    /// The names, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.texts.keys().map(String::as_str)
    }

    /// The text of a name.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&Zeroizing<String>> {
        self.texts.get(name)
    }

    /// Keeps a text under a name, over what was there.
    ///
    /// # Errors
    /// `Misconfigured` for a name or text that cannot be kept, `Unavailable`.
    pub fn set(&mut self, name: &str, text: Zeroizing<String>) -> Result<(), Error> {
        let is_word = |letter: u8| letter.is_ascii_alphanumeric() || b"-_.".contains(&letter);
        if name.is_empty() || name.len() > 64 || !name.bytes().all(is_word) {
            return Err(Error::misconfigured("the name of a secret has 1 to 64 of a-z, A-Z, 0-9, - _ ."));
        }
        if text.is_empty() || text.len() > SECRET_BYTES_MAX {
            return Err(Error::misconfigured("a secret has 1 byte to 64 KiB"));
        }
        if self.texts.len() >= SECRETS_MAX && !self.texts.contains_key(name) {
            return Err(Error::misconfigured("a workspace has at most 1024 secrets"));
        }
        self.texts.insert(name.to_owned(), text);
        self.write()
    }

    /// Forgets a name; `false` where there is none.
    ///
    /// # Errors
    /// `Unavailable`.
    pub fn remove(&mut self, name: &str) -> Result<bool, Error> {
        let is_there = self.texts.remove(name).is_some();
        if is_there {
            self.write()?;
        }
        Ok(is_there)
    }

    fn write(&self) -> Result<(), Error> {
        let texts: BTreeMap<&str, &str> = self.texts.iter().map(|(name, text)| (&**name, text.as_str())).collect();
        let refused = || Error::Unavailable { what: "the secrets cannot be sealed".into() };
        let mut sealed = Zeroizing::new(serde_json::to_vec(&texts).map_err(|_| refused())?);
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

fn sealing(key: &[u8; 32]) -> Result<LessSafeKey, Error> {
    let key = UnboundKey::new(&AES_256_GCM, key);
    key.map(LessSafeKey::new).map_err(|_| Error::Unavailable { what: "the key of the secrets is of no use".into() })
}

/// Puts the vault of a data directory under another master key; nothing where there is none.
pub(crate) fn rewrap(disk: &dyn Disk, directory: &Path, keys: [&MasterKey; 2]) -> Result<(), Error> {
    let path = directory.join(NAME);
    let mut bytes = match disk::read_all(disk, &path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(Error::unavailable("reading the secrets", &error)),
    };
    let area = bytes.get(..AREA_BYTES).unwrap_or_default().to_vec();
    envelope::rewrap(NAME, &area, MAGIC, keys, |copy, at| {
        bytes[at as usize..at as usize + copy.len()].copy_from_slice(copy);
        Ok(())
    })?;
    disk::replace(disk, &path, &bytes).map_err(|error| Error::unavailable("writing the secrets", &error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{KeySource, Store};

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
        let mut vault = Vault::open_or_make(&folder, &options).unwrap();
        vault.set("lab-password", secret("hunter2hunter2")).unwrap();
        vault.set("adt.key", secret("-----BEGIN")).unwrap();
        assert!(vault.remove("adt.key").unwrap() && !vault.remove("adt.key").unwrap());
        assert_eq!(format!("{vault:?}"), "Vault(1 secrets)");
        let read = |options: &Options| {
            let vault = Vault::open(&folder, options)?.unwrap();
            Ok::<_, Error>((
                vault.names().collect::<Vec<_>>().join(","),
                vault.text("lab-password").unwrap().to_string(),
            ))
        };
        let expect = ("lab-password".to_owned(), "hunter2hunter2".to_owned());
        assert_eq!(read(&options).unwrap(), expect);
        let path = folder.join(NAME);
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(!fs::read(&path).unwrap().windows(7).any(|part| part == b"hunter2" || part == b"lab-pas"), "sealed");
        // The store begins with the key that the vault made, and rewrapping takes the vault along.
        drop(Store::open(&folder, &options).unwrap());
        let new = MasterKey::generate().unwrap();
        Store::rewrap(&folder, &options, &new).unwrap();
        assert!(read(&options).is_err(), "the old key opens nothing");
        options.key = KeySource::Given(new);
        assert_eq!(read(&options).unwrap(), expect);
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
        let mut vault = Vault::open_or_make(&folder, &options).unwrap();
        for name in ["", "a b", "../x", &"x".repeat(65)] {
            assert!(matches!(vault.set(name, secret("x")), Err(Error::Misconfigured { .. })), "{name}");
        }
        assert!(
            vault.set("a", secret("")).is_err() && vault.set("a", secret(&"x".repeat(SECRET_BYTES_MAX + 1))).is_err()
        );
        fs::remove_dir_all(&folder).unwrap();
    }
}
