//! From the one-time token to a session, and everything that must not work on the way.

use super::stage::{Browser, PASSWORD, Stage, code, send};
use serde_json::{Value, json};

/// The first administrator, signed in; with the secret of the app and the recovery codes.
pub(crate) fn administrator(stage: &Stage) -> (Browser, String, Vec<String>) {
    let (token, _) = stage.api.begin_setup().unwrap().expect("there is nobody yet");
    let mut browser = stage.browser();
    let body = json!({"token": token, "name": "Ann", "title": "Ann Ähre", "password": PASSWORD});
    let signed_in = browser.post("/api/v1/sign-in/token", body).expect(200).json();
    assert_eq!(signed_in["stage"], "enroll");
    let (secret, codes) = browser.enroll();
    (browser, secret, codes)
}

#[test]
fn the_first_administrator() {
    let stage = Stage::new();
    let (token, _) = stage.api.begin_setup().unwrap().unwrap();
    let (newer, _) = stage.api.begin_setup().unwrap().unwrap();
    let mut browser = stage.browser();
    let body = |token: &str, password: &str| json!({"token": token, "name": "ann", "password": password});
    browser.post("/api/v1/sign-in/token", body(&token, PASSWORD)).expect(401);
    assert_eq!(browser.post("/api/v1/sign-in/token", body(&newer, "short")).expect(400).code(), "E7071");
    browser.post("/api/v1/sign-in/token", body(&newer, PASSWORD)).expect(200);
    browser.clone().post("/api/v1/sign-in/token", body(&newer, PASSWORD)).expect(401);
    assert!(stage.api.begin_setup().unwrap().is_none(), "there is an administrator now");
    // The password alone opens nothing but setting up a second factor.
    for path in ["/api/v1/status", "/api/v1/users", "/api/v1/audit"] {
        assert_eq!(browser.get(path).expect(403).code(), "E7069", "{path}");
    }
    browser.get("/api/v1/me").expect(200);
    let before = browser.session.clone();
    browser.enroll();
    assert_ne!(before, browser.session, "the token of the session is another one");
    browser.get("/api/v1/users").expect(200);
    let mut stale = Browser { session: before, ..browser.clone() };
    stale.get("/api/v1/me").expect(401);
}

#[test]
fn password_code_and_recovery() {
    let stage = Stage::new();
    let (_, secret, recovery) = administrator(&stage);
    let mut browser = stage.browser();
    let answer = browser.sign_in("ANN", PASSWORD).expect(200);
    assert_eq!(answer.json()["stage"], "factor");
    let cookie = answer.head.lines().find(|line| line.contains("__Host-sinew=")).unwrap().to_owned();
    for word in ["Secure", "HttpOnly", "SameSite=Strict", "Path=/"] {
        assert!(cookie.contains(word), "{cookie}");
    }
    assert_eq!(browser.get("/api/v1/status").expect(403).code(), "E7069");
    browser.post("/api/v1/me/totp", Value::Null).expect(403);
    browser.post("/api/v1/sign-in/code", json!({"code": "000000"})).expect(401);
    let right = code(&secret, 0);
    browser.post("/api/v1/sign-in/code", json!({"code": right})).expect(200);
    browser.get("/api/v1/status").expect(200);

    let mut again = stage.browser();
    again.sign_in("ann", PASSWORD).expect(200);
    again.post("/api/v1/sign-in/code", json!({"code": right})).expect(401);
    again.post("/api/v1/sign-in/code", json!({"code": recovery[0].to_lowercase()})).expect(200);
    let mut third = stage.browser();
    third.sign_in("ann", PASSWORD).expect(200);
    third.post("/api/v1/sign-in/code", json!({"code": recovery[0]})).expect(401);
    third.post("/api/v1/sign-in/code", json!({"code": recovery[1]})).expect(200);

    let out = third.post("/api/v1/sign-out", Value::Null).expect(200);
    assert!(third.session.is_empty() && out.head.contains("clear-site-data: \"cache\""), "{out:?}");
    let ended: Vec<String> = stage.audit().into_iter().filter(|row| row.contains("sign-")).collect();
    assert!(ended.iter().any(|row| row.contains("sign-in refused ann from 127.0.0.1")), "{ended:?}");
    assert!(ended.iter().any(|row| row.starts_with("ann: sign-in with a recovery code")), "{ended:?}");
}

#[test]
fn nobody_learns_which_names_there_are() {
    let stage = Stage::new();
    administrator(&stage);
    stage.local("/api/v1/users", &json!({"name": "bob", "grants": [{"role": "viewer"}]}));
    stage.local("/api/v1/users", &json!({"name": "loader", "is_service": true}));
    stage.local("/api/v1/users/bob/disable", &json!({}));
    let answers: Vec<_> = ["ann", "bob", "loader", "nobody", "<>&", ""]
        .into_iter()
        .map(|name| stage.browser().sign_in(name, "wrong horse battery"))
        .collect();
    for answer in &answers {
        assert_eq!((answer.status, &answer.body), (401, &answers[0].body));
        assert!(answer.cookie("__host-sinew").is_none());
    }
    let rows = stage.audit().join("\n");
    assert!(!rows.contains("wrong horse") && !rows.contains("<>&"), "what was typed is not kept");
}

#[test]
fn guessing_locks_out_the_guesser_only() {
    let stage = Stage::new();
    let (mut owner, secret, _) = administrator(&stage);
    let mut guesser = stage.browser();
    let statuses: Vec<u16> = (0..7).map(|_| guesser.sign_in("ann", "wrong horse battery").status).collect();
    assert_eq!(statuses[..5], [401; 5]);
    assert_eq!(statuses[6], 429, "{statuses:?}");
    assert_eq!(guesser.sign_in("ann", PASSWORD).status, 429, "and the right one does not help who guesses");
    // A mark of another name is none.
    let mut thief = Browser { mark: owner.mark.replace('.', "0."), ..stage.browser() };
    assert_eq!(thief.sign_in("ann", PASSWORD).status, 429);
    // From the same address, the browser that ann has used before.
    owner.post("/api/v1/sign-out", Value::Null).expect(200);
    owner.sign_in("ann", PASSWORD).expect(200);
    owner.post("/api/v1/sign-in/code", json!({"code": code(&secret, 0)})).expect(200);
}

#[test]
fn another_site_cannot_act_by_the_cookie() {
    let stage = Stage::new();
    let (browser, ..) = administrator(&stage);
    let cookie = format!("Cookie: __Host-sinew={}", browser.session);
    let (token, origin) = (format!("x-sinew-token: {}", browser.token), format!("Origin: http://{}", stage.address));
    let body = br#"{"name":"eve","grants":[{"role":"administrator"}]}"#;
    let post = |headers: &[&str]| send(stage.address, "POST", "/api/v1/users", headers, body);
    let check = |headers: &[&str]| assert_eq!(post(headers).code(), "E7065", "{headers:?}");
    check(&[&cookie]);
    check(&[&cookie, &origin]);
    check(&[&cookie, &token]);
    check(&[&cookie, &token, "Origin: http://evil.example"]);
    check(&[&cookie, &token, "Origin: null"]);
    check(&[&cookie, &token, "Origin: http://localhost:1"]);
    check(&[&cookie, &token, &origin, "Sec-Fetch-Site: cross-site"]);
    check(&[&cookie, &origin, "x-sinew-token: 00"]);
    post(&[&cookie, &token, &origin, "Sec-Fetch-Site: same-origin"]).expect(200);
    // The token of one session is none of another.
    let mut other = stage.browser();
    other.sign_in("ann", PASSWORD).expect(200);
    check(&[&cookie, &origin, &format!("x-sinew-token: {}", other.token)]);
}

#[test]
fn a_session_that_was_planted_is_not_taken_over() {
    let stage = Stage::new();
    administrator(&stage);
    let planted = "planted-by-somebody-else-0123456789012345678";
    let mut browser = Browser { session: planted.into(), ..stage.browser() };
    browser.sign_in("ann", PASSWORD).expect(200);
    assert_ne!(browser.session, planted);
    let mut other = Browser { session: planted.into(), ..stage.browser() };
    other.get("/api/v1/me").expect(401);
}

#[test]
fn who_is_disabled_is_out_at_once() {
    let stage = Stage::new();
    let (mut ann, ..) = administrator(&stage);
    let made = ann.post("/api/v1/users", json!({"name": "bob", "grants": [{"role": "viewer"}]})).expect(200).json();
    // The answer's one-time token is for bob, not the token of ann's page.
    ann.token = ann.get("/api/v1/me").json()["token"].as_str().unwrap().to_owned();
    let mut bob = stage.browser();
    let body = json!({"token": made["token"], "name": "bob", "password": "another four words"});
    bob.post("/api/v1/sign-in/token", body).expect(200);
    bob.enroll();
    bob.get("/api/v1/status").expect(200);
    bob.get("/api/v1/users").expect(403);
    ann.post("/api/v1/users/bob/disable", Value::Null).expect(200);
    bob.get("/api/v1/status").expect(401);
    stage.browser().sign_in("bob", "another four words").expect(401);
    assert_eq!(ann.post("/api/v1/users/ann/disable", Value::Null).expect(409).code(), "E7074");
    assert_eq!(ann.ask("PUT", "/api/v1/users/ann/grants", json!({"grants": []})).expect(409).code(), "E7074");
    assert_eq!(ann.ask("DELETE", "/api/v1/users/ann", Value::Null).expect(409).code(), "E7074");
}

#[test]
fn a_changed_password_ends_other_sessions() {
    let stage = Stage::new();
    let (mut ann, secret, _) = administrator(&stage);
    let mut other = stage.browser();
    other.sign_in("ann", PASSWORD).expect(200);
    other.post("/api/v1/sign-in/code", json!({"code": code(&secret, 0)})).expect(200);
    other.get("/api/v1/status").expect(200);
    ann.post("/api/v1/me/password", json!({"old": "wrong horse battery", "new": "a fresh set of words"})).expect(401);
    ann.post("/api/v1/me/password", json!({"old": PASSWORD, "new": "a fresh set of words"})).expect(200);
    other.get("/api/v1/status").expect(401);
    ann.get("/api/v1/status").expect(200);
    stage.browser().sign_in("ann", PASSWORD).expect(401);
    stage.browser().sign_in("ann", "a fresh set of words").expect(200);
}

/// The name of the workspace is known to everybody in the house: no password is little more than that, nor than one's own name.
#[test]
fn no_password_is_made_of_the_name_of_the_house() {
    let stage = Stage::with(server::ApiSettings { site: "Brambleton".into(), ..Default::default() });
    let (mut ann, ..) = administrator(&stage);
    let told = stage.local("/api/v1/users", &json!({"name": "magdalena", "grants": [{"role": "viewer"}]}));
    let mut maggie = stage.browser();
    for weak in ["brambleton-26!", "2026Brambleton", "Magdalena-2026"] {
        let first = json!({"token": told["token"], "name": "magdalena", "password": weak});
        assert_eq!(maggie.post("/api/v1/sign-in/token", first).expect(400).code(), "E7071", "{weak}");
    }
    let changed = |new: &str| json!({"old": PASSWORD, "new": new});
    assert_eq!(ann.post("/api/v1/me/password", changed("brambleton-26!")).expect(400).code(), "E7071");
    // The same elsewhere is a password, and the token was not used up.
    ann.post("/api/v1/me/password", changed("magdalena-26!")).expect(200);
    let first = json!({"token": told["token"], "name": "magdalena", "password": "willowbrook-26!"});
    maggie.post("/api/v1/sign-in/token", first).expect(200);
}

#[test]
fn a_changed_factor_ends_other_sessions() {
    let stage = Stage::new();
    let (mut ann, secret, recovery) = administrator(&stage);
    let other = |recovery: &str| {
        let mut other = stage.browser();
        other.sign_in("ann", PASSWORD).expect(200);
        other.post("/api/v1/sign-in/code", json!({"code": recovery})).expect(200);
        other.get("/api/v1/status").expect(200);
        other
    };
    let mut before = other(&recovery[0]);
    ann.post("/api/v1/me/totp/remove", json!({"password": PASSWORD})).expect(200);
    before.get("/api/v1/status").expect(401);
    ann.get("/api/v1/status").expect(200);
    let mut without = stage.browser();
    without.sign_in("ann", PASSWORD).expect(200);
    let (_, codes) = ann.enroll();
    without.get("/api/v1/me").expect(401);
    ann.get("/api/v1/status").expect(200);
    other(&codes[0]);
    assert_ne!(secret, "");
}

#[test]
fn a_session_alone_adds_no_factor() {
    let stage = Stage::new();
    let (mut ann, ..) = administrator(&stage);
    ann.post("/api/v1/me/totp/remove", json!({"password": PASSWORD})).expect(200);
    for path in ["/api/v1/me/totp", "/api/v1/me/passkeys/begin"] {
        assert_eq!(ann.post(path, json!({})).expect(401).code(), "E7068", "{path}");
        assert_eq!(ann.post(path, json!({"password": "wrong horse battery"})).expect(401).code(), "E7068", "{path}");
        ann.post(path, json!({"password": PASSWORD})).expect(200);
    }
}

#[test]
fn who_signs_in_again_leaves_no_session_behind() {
    let stage = Stage::new();
    let (mut ann, secret, _) = administrator(&stage);
    let before = ann.clone();
    ann.sign_in("ann", PASSWORD).expect(200);
    ann.post("/api/v1/sign-in/code", json!({"code": code(&secret, 0)})).expect(200);
    assert_ne!(ann.session, before.session);
    before.clone().get("/api/v1/me").expect(401);
    let sessions = ann.get("/api/v1/me/sessions").expect(200).json();
    assert_eq!(sessions["sessions"].as_array().map(Vec::len), Some(1), "{sessions}");
    // Somebody who fails changes nothing for who is signed in.
    let again = ann.clone();
    ann.sign_in("ann", "wrong horse battery").expect(401);
    again.clone().get("/api/v1/status").expect(200);
}

#[test]
fn a_forgotten_password_leaves_the_factor() {
    let stage = Stage::new();
    let (_, secret, _) = administrator(&stage);
    let told = stage.local("/api/v1/users/ann/reset-password", &json!({}));
    assert_eq!((&told["user"]["has_password"], &told["user"]["factors"]), (&json!(false), &json!(["totp"])));
    stage.browser().sign_in("ann", PASSWORD).expect(401);
    let mut ann = stage.browser();
    let body = json!({"token": told["token"], "name": "ann", "password": "another four words"});
    assert_eq!(ann.post("/api/v1/sign-in/token", body).expect(200).json()["stage"], "factor");
    assert_eq!(ann.get("/api/v1/status").expect(403).code(), "E7069");
    ann.post("/api/v1/me/totp", Value::Null).expect(403);
    ann.post("/api/v1/sign-in/code", json!({"code": code(&secret, 0)})).expect(200);
    ann.get("/api/v1/status").expect(200);
    // The other reset takes everything away.
    let told = stage.local("/api/v1/users/ann/reset", &json!({}));
    assert_eq!(told["user"]["factors"], json!([]));
}

#[test]
fn a_key_has_only_what_its_user_has_too() {
    let stage = Stage::new();
    let viewer = stage.key("viewer-1", &json!([{"role": "viewer"}]));
    stage.with_key(&viewer, "GET", "/api/v1/status", None).expect(200);
    stage.with_key(&viewer, "GET", "/api/v1/users", None).expect(403);
    let body = json!({"user": "viewer-1", "title": "more", "grants": [{"role": "administrator"}], "days": 1});
    let more = stage.local("/api/v1/keys", &body)["text"].as_str().unwrap().to_owned();
    stage.with_key(&more, "GET", "/api/v1/status", None).expect(200);
    stage.with_key(&more, "GET", "/api/v1/users", None).expect(403);
    for wrong in [&viewer[..viewer.len() - 1], "sinew_000000000000_x", "sinew_", ""] {
        stage.with_key(wrong, "GET", "/api/v1/status", None).expect(401);
    }
    // The same in other words: a good cookie does not help a bad key.
    let (browser, ..) = administrator(&stage);
    let headers = [&*format!("Cookie: __Host-sinew={}", browser.session), "Authorization: Bearer sinew_0_0"];
    send(stage.address, "GET", "/api/v1/status", &headers, b"").expect(401);
}

#[test]
fn breaking_the_glass_opens_content_for_an_hour() {
    let stage = Stage::new();
    let (mut ann, ..) = administrator(&stage);
    let id = stage.give("demo", "NORTH", 1);
    let path = format!("/api/v1/messages/{id}/content");
    let body = json!({"which": "raw", "reason": "patient in resuscitation"});
    assert_eq!(ann.post(&path, body.clone()).expect(403).code(), "E7061");
    let masked = ann.get(&format!("/api/v1/messages/{id}/masked?which=raw")).expect(200);
    assert!(masked.body.contains("PID|1||P****") && !masked.body.contains("Quist"), "{masked:?}");
    assert_eq!(ann.post("/api/v1/me/glass", json!({"reason": " "})).expect(400).code(), "E7003");
    ann.post("/api/v1/me/glass", json!({"reason": "resuscitation, no time"})).expect(200);
    assert!(ann.post(&path, body).expect(200).body.contains("Quist^Ada"));
    let rows = stage.audit();
    assert!(rows.iter().any(|row| row == "ann: break glass ann"), "{rows:?}");
    assert!(rows.iter().any(|row| row == &format!("ann: read {id} raw")), "{rows:?}");
}

#[test]
fn a_stream_ends_when_its_reader_may_not_see_it_any_more() {
    use std::io::{Read, Write};
    let stage = Stage::new();
    let key = stage.key("reader", &json!([{"role": "analyst"}]));
    let body = json!({"place": "demo", "reason": "test"}).to_string();
    let mut stream = std::net::TcpStream::connect(stage.address).unwrap();
    stream.set_read_timeout(Some(std::time::Duration::from_secs(30))).unwrap();
    let address = stage.address;
    write!(
        stream,
        "POST /api/v1/tap HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {key}\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    let (mut all, mut buffer) = (String::new(), [0; 4096]);
    while !all.contains("tapping") {
        let count = stream.read(&mut buffer).unwrap();
        assert_ne!(count, 0, "{all}");
        all.push_str(&String::from_utf8_lossy(&buffer[..count]));
    }
    stage.local("/api/v1/users/reader/disable", &json!({}));
    // The stream says that it is over: the last chunk has no bytes.
    while !all.ends_with("0\r\n\r\n") {
        let count = stream.read(&mut buffer).unwrap();
        assert_ne!(count, 0, "{all}");
        all.push_str(&String::from_utf8_lossy(&buffer[..count]));
    }
}
