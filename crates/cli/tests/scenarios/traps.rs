//! Alerts as notifications of SNMP: a channel of `sinew.toml`, its community kept sealed, what comes out of the socket.

use super::support::{Workspace, command, finish, received};
use std::{net::UdpSocket, time::Duration};

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
    let mut space = vec![0; 10_000];
    let count = receiver.recv(&mut space).expect("a notification");
    let told = String::from_utf8_lossy(&space[..count]).into_owned();
    for expect in ["four-quiet-wards", "this is a trial of the channel", "no recent drill", "north"] {
        assert!(told.contains(expect), "{expect} is not in {told}");
    }
    let shown =
        [engine.sinew(&["alerts", "--json"]), engine.sinew(&["status", "--json"]), engine.sinew(&["secret", "list"])];
    assert!(shown.iter().all(|done| !done.out.contains("four-quiet-wards")), "the community is never shown");
    assert_eq!(engine.signal("-TERM").0, 0);
}
