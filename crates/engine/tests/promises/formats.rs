//! Other formats than HL7 v2: what comes in goes out, and no answer is made up for a sender who asked for none.

use crate::stage::{Stage, accepted, demo, give};
use message::Format;

#[test]
fn other_formats_go_out_byte_for_byte() {
    for (name, format, bytes) in [
        ("json", Format::Json, &b"\xEF\xBB\xBF{\"a\" :\t1}\r\n"[..]),
        ("xml", Format::Xml, b"<?xml version='1.0'?>\n<a b='1'/>\n"),
        ("csv", Format::Delimited, b"mrn;name\r\n7;\"Quist; Ada\"\r\n"),
        ("x12", Format::X12, b"ISA*00*          *00*          *ZZ*S              *ZZ*H              *260301*0708*^*00501*000000007*0*P*:~\nIEA*0*000000007~\n"),
        ("text", Format::Text, b"MSH|^~\\&| is how HL7 v2 begins\n"),
        ("binary", Format::Binary, b"\x00\xFF\x0B"),
    ] {
        let stage = Stage::new();
        let text = demo("send out {\n fake out\n}").replacen(
            "receive fake 2575",
            &format!("receive fake 2575 format {name}"),
            1,
        );
        let life = stage.live(&[&text]);
        let reply = life.runtime.block_on(give(&life.engine, "demo", bytes.into()));
        let id = accepted(&reply).expect(name);
        assert!(reply.acknowledgment().is_none(), "{name}");
        life.wait("it is delivered", || !stage.world.arrivals().is_empty());
        assert_eq!(stage.world.arrivals()[0].bytes, bytes, "{name}");
        let stored = life.engine.store().read(id).expect(name);
        assert_eq!((stored.accept.envelope.format, &stored.accept.envelope.raw[..]), (format, bytes), "{name}");
        life.stop();
    }
}
