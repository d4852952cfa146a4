//! What time does to sessions and to kept passwords.

use super::{
    People,
    password::Password,
    record::{Session, User},
};
use crate::gate::caller::Stage;
use message::{Clock as _, Timestamp, clock};
use std::{sync::Arc, time::Duration};
use store::{Options, Store};
use testkit::Folder;
use zeroize::Zeroizing;

fn people() -> (Folder, Arc<People>) {
    let folder = Folder::new();
    let options = Options { segment_bytes: 1024 * 1024, reserve_bytes: 64 * 1024, ..Options::default() };
    let (store, _) = Store::open(folder.path(), &options).unwrap();
    let people = People::new(store, &crate::ApiSettings::default()).unwrap();
    people.kept.add(&User { name: "ann".into(), ..User::default() }).unwrap();
    (folder, Arc::new(people))
}

#[test]
fn a_session_ends_when_it_is_idle_and_at_its_hour_however_busy_it_is() {
    let (_folder, people) = people();
    let now = clock::System.now();
    let before = |minutes: i64| Timestamp(now.0 - minutes * 60_000_000);
    let after = |minutes: u64| now.after(Duration::from_secs(minutes * 60));
    let check = |used: Timestamp, until: Timestamp, is_good: bool| {
        let begun = people.begin("ann", Stage::Full, "test".into(), String::new()).unwrap();
        let set = |session: &mut Session| {
            (session.used, session.until) = (used, until);
            Ok(())
        };
        people.kept.change::<Session, ()>(&begun.session.id, set).unwrap();
        assert_eq!(people.by_session(&begun.token).unwrap().is_some(), is_good, "used {used:?}, until {until:?}");
        begun
    };
    check(before(14), after(60), true);
    check(before(16), after(60), false);
    check(before(0), before(1), false);
    // Use makes it longer by no minute.
    let begun = check(before(5), after(3), true);
    let kept = people.kept.find::<Session>(&begun.session.id).unwrap().unwrap();
    assert_eq!(kept.until, after(3));
    assert!(kept.used > before(1), "the use is written down");
    let fresh = people.begin("ann", Stage::Full, "test".into(), String::new()).unwrap().session;
    assert_eq!(fresh.until.0 - fresh.made.0, 12 * 3_600_000_000, "12 hours, RFC or not: NIST SP 800-63B");
}

#[tokio::test]
async fn a_password_under_old_parameters_is_kept_anew_when_it_is_used() {
    let (_folder, people) = people();
    let secret = || Zeroizing::new("four unrelated words".to_owned());
    let old = people.desk.make_with(secret(), 8 * 1024, 1).await.unwrap();
    assert!(old.is_outdated() && people.desk.check(secret(), Some(old.clone())).await.unwrap());
    let set = |password: &Password| {
        people.kept.change::<User, ()>("ann", |user| {
            user.password = Some(password.clone());
            Ok(())
        })
    };
    let (user, ()) = set(&old).unwrap().unwrap();
    people.renew(&user, secret()).await.unwrap();
    let now = people.kept.find::<User>("ann").unwrap().unwrap().password.unwrap();
    assert!(!now.is_outdated() && people.desk.check(secret(), Some(now.clone())).await.unwrap());
    // One that was chosen meanwhile stays.
    let chosen = people.desk.make(Zeroizing::new("another four words".to_owned())).await.unwrap();
    set(&chosen).unwrap();
    people.renew(&user, secret()).await.unwrap();
    assert_eq!(people.kept.find::<User>("ann").unwrap().unwrap().password, Some(chosen));
}
