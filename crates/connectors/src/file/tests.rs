//! The conformance suites over temporary folders, and what is special about files.

use super::File;
use crate::{
    folder::testing::{drop_file, hand_over, misbehave, until},
    testing::{context_in, settings},
};
use bytes::Bytes;
use interface::{
    catalogue::{Connector, Value},
    contract::{Boxed, Destination, Source},
};
use message::Outcome;
use std::{fs, path::Path, sync::Mutex, time::Duration};
use testkit::{
    Answer, Folder,
    destination::{self, Conduct, Partner},
    sample,
    source::{self, Heard, Mischief, Running, SIZE_MAX},
};
use tokio::time::sleep;

async fn open(folder: &Path, address: &str, extra: &[(&'static str, Value)]) -> Box<dyn Source> {
    let values = [
        vec![
            ("every", Value::Duration(Duration::from_millis(20))),
            ("stable", Value::Duration(Duration::from_millis(40))),
            ("limit", Value::Count(SIZE_MAX as u64)),
        ],
        extra.to_vec(),
    ];
    let settings = settings(&File, true, address, &values.concat());
    File.source(&settings, &context_in(folder)).await.unwrap()
}

/// One folder a source, because each clause opens its own; kept until the subject goes.
#[derive(Default)]
struct SourceSubject(Mutex<Vec<Folder>>);

impl source::Subject for SourceSubject {
    fn open(&self) -> Boxed<'_, Box<dyn Source>> {
        Box::pin(async {
            let folder = Folder::new();
            let source = open(folder.path(), &format!("{}/*.hl7", folder.path().display()), &[]).await;
            self.0.lock().unwrap().push(folder);
            source
        })
    }

    fn hand_over<'a>(&'a self, address: &'a str, message: Bytes, patience: Duration) -> Boxed<'a, Heard> {
        Box::pin(hand_over(Path::new(address).parent().unwrap(), message, patience))
    }

    fn misbehave<'a>(&'a self, address: &'a str, mischief: Mischief) -> Boxed<'a, bool> {
        Box::pin(misbehave(Path::new(address).parent().unwrap(), mischief))
    }

    fn returns_acknowledgments(&self) -> bool {
        false
    }
}

struct FolderPartner {
    folder: Folder,
    is_absent: bool,
}

impl Partner for FolderPartner {
    fn address(&self) -> String {
        self.folder.join(if self.is_absent { "missing" } else { "" }).display().to_string()
    }
    fn taken(&self) -> Vec<Bytes> {
        self.folder.names("").iter().map(|name| fs::read(self.folder.join(name)).unwrap().into()).collect()
    }
}

struct DestinationSubject;

impl destination::Subject for DestinationSubject {
    fn partner<'a>(&'a self, conducts: &'a [Conduct]) -> Boxed<'a, Option<Box<dyn Partner>>> {
        let is_absent = conducts == [Conduct::Absent];
        let partner = FolderPartner { folder: Folder::new(), is_absent };
        let is_known = is_absent || conducts == [Conduct::Accept];
        Box::pin(async move { is_known.then(|| Box::new(partner) as Box<dyn Partner>) })
    }
    fn lane(&self, partner: &dyn Partner) -> Box<dyn Destination> {
        lane(&partner.address(), "{delivery}.hl7")
    }
}

fn lane(folder: &str, name: &str) -> Box<dyn Destination> {
    let values = [("name", Value::Text(name.into()))];
    File.destination(&settings(&File, false, folder, &values), &context_in(Path::new("/"))).unwrap()
}

#[tokio::test]
async fn source_keeps_its_contract() {
    source::suite(&SourceSubject::default()).await;
}

#[tokio::test]
async fn destination_keeps_its_contract() {
    destination::suite(&DestinationSubject).await;
}

#[tokio::test]
async fn a_growing_file_is_left_until_it_is_whole() {
    let folder = Folder::new();
    let running = Running::start(open(folder.path(), "", &[]).await, []);
    let whole = sample::long_adt("GROW", 2000);
    for end in (200..whole.len()).step_by(200) {
        fs::write(folder.join("a.hl7"), &whole[..end]).unwrap();
        sleep(Duration::from_millis(15)).await;
    }
    fs::write(folder.join("a.hl7"), &whole).unwrap();
    assert!(until(|| folder.join("done/a.hl7").exists()).await);
    assert_eq!(running.intake.contents(), [whole]);
    running.stop().await;
}

#[tokio::test]
async fn a_batch_is_cut_into_its_messages() {
    let folder = Folder::new();
    let [one, two, three] = ["1", "2", "3"].map(sample::adt);
    let batch = [b"FHS|^~\\&|\rBHS|^~\\&|\r", &one[..], &two, &three, b"BTS|3\rFTS|1\r"].concat();
    drop_file(folder.path(), "batch.hl7", &batch);
    let running = Running::start(open(folder.path(), "", &[]).await, []);
    assert!(until(|| folder.join("done/batch.hl7").exists()).await);
    assert_eq!(running.intake.contents(), [one, two, three]);
    running.stop().await;

    let whole = [("split", Value::Text("whole".into()))];
    drop_file(folder.path(), "again.hl7", &batch);
    let running = Running::start(open(folder.path(), "", &whole).await, []);
    assert!(until(|| folder.join("done/again.hl7").exists()).await);
    assert_eq!(running.intake.contents(), [Bytes::from(batch)]);
    running.stop().await;
}

#[tokio::test]
async fn after_later_the_file_goes_on_where_it_stopped() {
    let folder = Folder::new();
    let [one, two] = ["1", "2"].map(sample::adt);
    drop_file(folder.path(), "a.hl7", &[&one[..], &two].concat());
    drop_file(folder.path(), "b.hl7", &sample::adt("3"));
    let later = Answer::Later { is_acknowledged: true };
    let running = Running::start(open(folder.path(), "", &[]).await, [Answer::Accept, later.clone(), later]);
    assert!(until(|| folder.join("done/b.hl7").exists()).await);
    let expect = [one, two.clone(), two.clone(), two, sample::adt("3")];
    assert_eq!(running.intake.contents(), expect, "in order, from the message that was not accepted");
    running.stop().await;
}

#[tokio::test]
async fn a_refused_message_puts_the_file_aside_with_its_number() {
    let folder = Folder::new();
    let batch = ["1", "2", "3"].map(|id| sample::adt(id).to_vec()).concat();
    drop_file(folder.path(), "a.hl7", &batch);
    let answers = [Answer::Accept, Answer::Refuse { is_acknowledged: true }];
    let running = Running::start(open(folder.path(), "", &[]).await, answers);
    assert!(until(|| folder.join("errors/a.hl7.reason").exists()).await);
    assert_eq!(running.intake.contents().len(), 3, "the others are taken");
    assert_eq!(folder.names("errors"), ["a.hl7", "a.hl7.reason"]);
    let why = fs::read_to_string(folder.join("errors/a.hl7.reason")).unwrap();
    assert!(why.contains("message 2: E5999") && !why.contains(sample::SECRET), "{why}");
    running.stop().await;
}

#[tokio::test]
async fn what_is_left_alone() {
    let folder = Folder::new();
    let elsewhere = Folder::new();
    fs::write(elsewhere.join("secret.hl7"), sample::adt("9")).unwrap();
    for name in [".hidden.hl7", "a.hl7.tmp", "b.hl7.part", "c.txt"] {
        fs::write(folder.join(name), sample::adt("9")).unwrap();
    }
    std::os::unix::fs::symlink(elsewhere.join("secret.hl7"), folder.join("link.hl7")).unwrap();
    fs::create_dir(folder.join("folder.hl7")).unwrap();
    fs::write(folder.join("z.hl7"), sample::adt("1")).unwrap();
    let running = Running::start(open(folder.path(), "*.hl7", &[]).await, []);
    assert!(until(|| folder.join("done/z.hl7").exists()).await);
    assert_eq!(running.intake.contents(), [sample::adt("1")]);
    assert!(running.intake.reports().is_empty());
    running.stop().await;
}

#[tokio::test]
async fn keep_delete_and_names_that_come_again() {
    let folder = Folder::new();
    let keep = [("after", Value::Text("keep".into()))];
    fs::write(folder.join("a.hl7"), sample::adt("1")).unwrap();
    let running = Running::start(open(folder.path(), "", &keep).await, []);
    assert!(until(|| running.intake.contents().len() == 1).await);
    sleep(Duration::from_millis(150)).await;
    assert_eq!(running.intake.contents().len(), 1, "kept and remembered");
    fs::write(folder.join("a.hl7"), sample::long_adt("2", 600)).unwrap();
    assert!(until(|| running.intake.contents().len() == 2).await, "changed and read again");
    running.stop().await;

    let delete = [("after", Value::Text("delete".into()))];
    let running = Running::start(open(folder.path(), "", &delete).await, []);
    assert!(until(|| folder.names("") == ["errors"]).await, "{:?}", folder.names(""));
    running.stop().await;

    let running = Running::start(open(folder.path(), "", &[]).await, []);
    for count in 1..=3 {
        drop_file(folder.path(), "same.hl7", &sample::adt("1"));
        assert!(until(|| folder.names("done").len() == count).await);
    }
    assert_eq!(folder.names("done"), ["same.hl7", "same.hl7.1", "same.hl7.2"]);
    running.stop().await;
}

#[tokio::test]
async fn an_empty_file_is_put_aside() {
    let folder = Folder::new();
    fs::write(folder.join("a.hl7"), "\r\n").unwrap();
    let running = Running::start(open(folder.path(), "", &[]).await, []);
    assert!(until(|| folder.join("errors/a.hl7.reason").exists()).await);
    assert!(running.intake.contents().is_empty());
    running.stop().await;
}

#[tokio::test]
async fn a_folder_that_is_missing_is_refused_with_its_code() {
    let folder = Folder::new();
    let result = File.source(&settings(&File, true, "missing", &[]), &context_in(folder.path())).await;
    assert_eq!(result.err().unwrap().code, "E6201");
}

#[tokio::test]
async fn a_repeated_delivery_replaces_its_file() {
    let folder = Folder::new();
    let mut lane = lane(&folder.path().display().to_string(), "{interface}-{delivery}.hl7");
    let outgoing = sample::outgoing(7, sample::adt("1"));
    // What a crash between writing and renaming leaves.
    fs::write(folder.join(".adt-main-7-0.hl7.part"), "half").unwrap();
    for _ in 0..2 {
        assert_eq!(lane.send(&outgoing).await, Outcome::Delivered { reply: None });
    }
    assert_eq!(folder.names(""), ["adt-main-7-0.hl7"]);
    assert_eq!(fs::read(folder.join("adt-main-7-0.hl7")).unwrap(), sample::adt("1"));
}
