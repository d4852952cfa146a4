//! The door: lock, keys, and an index that may be lost.
#![allow(clippy::unwrap_used)]

mod subject;

use message::{MessageId, Phi};
use std::fs;
use store::{
    Error, KeySource, MasterKey, Options, Query, Store,
    contract::{Subject, accept, wait},
};
use subject::{OnDisk, small};

#[test]
fn the_second_to_open_is_told_who_was_first() {
    let subject = OnDisk::new(small());
    let store = subject.open();
    let second = Store::open(&subject.directory, &subject.options).map(|_| ());
    let directory = subject.directory.display().to_string().into();
    assert_eq!(second, Err(Error::Locked { pid: Some(std::process::id()), directory }));
    drop(store);
    subject.open();
}

#[test]
fn keys_are_owner_only_and_a_wrong_one_is_told() {
    use std::os::unix::fs::PermissionsExt;
    let subject = OnDisk::new(small());
    let id = wait(subject.open().commit(accept("adt", 1, &["a"]))).unwrap().id();
    let path = subject.directory.join("keys/master.key");
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let right = MasterKey::from_text(&fs::read_to_string(&path).unwrap()).unwrap();
    let with = |key: MasterKey| Options { key: KeySource::Given(key), ..small() };
    let wrong = Store::open(&subject.directory, &with(MasterKey::from_bytes([1; 32]))).map(|_| ());
    assert_eq!(wrong, Err(Error::WrongKey { file: "store.id".into() }));
    let (store, _) = Store::open(&subject.directory, &with(right.clone())).unwrap();
    assert!(store.read(id).is_ok());
    // Rotation: the new key opens, the old one does not.
    let new = MasterKey::generate().unwrap();
    assert!(!store.rotate(&new, &mut |_| {}).unwrap().is_in_place, "only who gave the old key can give the new one");
    drop(store);
    let (store, _) = Store::open(&subject.directory, &with(new.clone())).unwrap();
    assert!(store.resume_rotation(&mut |_| {}).unwrap().is_some_and(|rotated| rotated.is_in_place));
    drop(store);
    assert!(matches!(Store::open(&subject.directory, &with(right)), Err(Error::WrongKey { .. })));
    let (store, _) = Store::open(&subject.directory, &with(new)).unwrap();
    assert!(store.read(id).is_ok());
    drop(store);
    fs::remove_file(&path).unwrap();
    assert!(matches!(Store::open(&subject.directory, &small()), Err(Error::Misconfigured { .. })));
}

fn found(store: &Store) -> Vec<MessageId> {
    let query = Query { limit: 1000, ..Query::default() };
    let mut pages = (0..20).map(|_| store.search(&query));
    pages.find_map(Result::ok).unwrap().hits.into_iter().map(|hit| hit.id).collect()
}

/// 5 and 6 of the index's contract.
#[test]
fn a_lost_stale_or_damaged_index_is_rebuilt_and_tells_no_identifier() {
    let subject = OnDisk::new(small());
    let store = subject.open();
    let mut ids: Vec<_> =
        (0..150).map(|number| wait(store.commit(accept("adt", number, &["a"]))).unwrap().id()).collect();
    ids.reverse();
    assert_eq!(found(&store), ids);
    wait(store.close()).unwrap();
    drop(store);
    let folder = subject.directory.join("index");
    let files = || fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect::<Vec<_>>();
    for file in files() {
        let bytes = fs::read(&file).unwrap();
        for clear in ["107919", "500001", "MSG00000001", "Probe"] {
            assert!(!bytes.windows(clear.len()).any(|window| window == clear.as_bytes()), "{clear} stands in {file:?}");
        }
    }
    let database = files().into_iter().find(|path| path.extension().is_some_and(|end| end == "db")).unwrap();
    let whole = fs::read(&database).unwrap();
    let damages: [&dyn Fn(); 4] = [
        &|| files().iter().for_each(|path| fs::remove_file(path).unwrap()),
        &|| fs::write(&database, b"this is no database, but it is long enough to be taken for one".repeat(50)).unwrap(),
        &|| fs::write(&database, &whole[..whole.len() / 2]).unwrap(),
        &|| fs::write(&database, [&whole[..4096], &vec![0xa5; whole.len() - 4096]].concat()).unwrap(),
    ];
    for (number, damage) in damages.iter().enumerate() {
        damage();
        let store = subject.open();
        assert_eq!(found(&store), ids, "damage {number}");
        let patient = Query { patient: Some(Phi::new("107919".to_owned())), ..Query::default() };
        assert_eq!(store.search(&patient).unwrap().hits.len(), 1, "damage {number}");
        wait(store.close()).unwrap();
    }
}

#[test]
fn no_error_or_debug_text_tells_who_the_patient_is() {
    let subject = OnDisk::new(small());
    let store = subject.open();
    let mut large = accept("adt", 1, &["a"]);
    large.deliveries = (0..2000).map(|_| large.deliveries[0].clone()).collect();
    let error = wait(store.commit(large)).unwrap_err();
    let texts = [format!("{error} {error:?}"), format!("{:?}", accept("adt", 1, &["a"]).facts.patients)];
    assert!(texts.iter().all(|text| !text.contains("107919") && !text.contains("Probe")));
}
