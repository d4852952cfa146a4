//! Alerts as notifications of SNMP: a channel of `sinew.toml`, its community kept sealed, what comes out of the socket.

use super::support::{Workspace, command, finish, received};
use std::{net::UdpSocket, time::Duration};

/// The notification with this text. What else the engine has to tell of its machine, as a disk that is nearly full, may come first.
pub fn told_of(receiver: &UdpSocket, text: &str) -> String {
    let mut space = vec![0; 10_000];
    loop {
        let count = receiver.recv(&mut space).expect("a notification");
        let told = String::from_utf8_lossy(&space[..count]).into_owned();
        if told.contains(text) {
            return told;
        }
    }
}

#[test]
fn an_alert_goes_out_as_a_notification() {
    let receiver = UdpSocket::bind("127.0.0.1:0").expect("a port");
    receiver.set_read_timeout(Some(Duration::from_secs(60))).expect("a limit");
    let workspace = Workspace::empty();
    let toml = |settings: &str| {
        let at = receiver.local_addr().expect("an address");
        let head = "name = \"north\"\ndata = \"data\"\n[alerts]\ntell = \"nms\"\n[alerts.channels]\n";
        workspace.write("sinew.toml", &format!("{head}nms = \"snmp {at} {settings}\"\n"));
    };
    workspace.interface("adt", &received("send archive {\n file out\n}"));
    toml("version v3");
    workspace.sinew(&["check"]).expect(1).says(&["E3003", "alerts.channels.nms", "needs a `user`"]);
    toml("version v2c community secret:nms");
    workspace.sinew(&["check"]).expect(1).says(&["E3003", "alerts.channels.nms", "secret `nms`"]);
    let mut set = command(&["secret", "set", "nms"]);
    set.current_dir(workspace.path());
    finish(set, b"four-quiet-wards\n").expect(0);
    workspace.sinew(&["check"]).expect(0);
    let engine = workspace.run();
    engine.sinew(&["alerts", "test", "nms"]).expect(0);
    let told = told_of(&receiver, "this is a trial of the channel");
    for expect in ["four-quiet-wards", "no recent drill", "north"] {
        assert!(told.contains(expect), "{expect} is not in {told}");
    }
    let shown =
        [engine.sinew(&["alerts", "--json"]), engine.sinew(&["status", "--json"]), engine.sinew(&["secret", "list"])];
    assert!(shown.iter().all(|done| !done.out.contains("four-quiet-wards")), "the community is never shown");
    assert_eq!(engine.signal("-TERM").0, 0);
}
