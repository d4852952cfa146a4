//! Against the standard program's output, and every kind of damage.

use super::*;

/// Made by `age-keygen`; it opens test files only.
const KEY: &str = "# created: 2026
# public key: age14v3a43k37tkcvknqe42l4gsepj4rvte564jlex00x67r2hcsj4aq3gvw9w
AGE-SECRET-KEY-1VHMNLC39NJTLVFW5ESGWQYJ5T593LAPQXDNLPDX6RZYE4XC9G7EQZMG62Q
";
/// `hello age`, encrypted to that key by the program `age` 1.1.1.
const STANDARD: &str = "6167652d656e6372797074696f6e2e6f72672f76310a2d3e2058323535313920516f573666776159344945564b347850515a\
    537772307871794d472b394b79597451554d4c43434b6f30590a41445550766e56515845776c70656d4d704578796b583776\
    2b68645776385766324f464a475952487534670a2d2d2d204c6d75626847672f524f44494b3876536d76544d674a6569334a\
    634c634e7846724e344431504f31366a770a65d03ce14ac1d6d5a5047e171e5bab2ebc78449c7af447abe650d1e29498d5fe\
    997be79bf4bdb57845";

fn identity() -> Vec<Identity> {
    Identity::read_all(KEY).expect("a key file")
}

fn open(bytes: &[u8], identities: &[Identity]) -> Result<Vec<u8>, Error> {
    let mut out = Vec::new();
    let mut from = bytes;
    read(&mut from, identities, &mut |chunk| {
        out.extend_from_slice(chunk);
        Ok(())
    })?;
    Ok(out)
}

fn seal(bytes: &[u8], recipients: &[Recipient]) -> Vec<u8> {
    let mut writer = Writer::new(Vec::new(), recipients).expect("a header");
    bytes.chunks(1_000).for_each(|part| writer.push(part).expect("a chunk"));
    writer.finish().expect("the end")
}

#[test]
fn reads_what_the_standard_program_wrote() {
    let hex: Vec<u8> = STANDARD.bytes().filter(u8::is_ascii_hexdigit).collect();
    let digit = |byte: u8| char::from(byte).to_digit(16).expect("a digit") as u8;
    let file: Vec<u8> = hex.chunks(2).map(|pair| digit(pair[0]) << 4 | digit(pair[1])).collect();
    assert_eq!(open(&file, &identity()).expect("it opens"), b"hello age");
    let recipient = identity()[0].recipient();
    assert!(KEY.contains(&recipient.to_string()));
    assert!(KEY.contains(&identity()[0].to_text()));
}

#[test]
fn any_length_comes_back_with_each_recipient_and_no_other() {
    let ours: Vec<Identity> = (0..2).map(|_| Identity::generate().expect("a key")).collect();
    let recipients: Vec<Recipient> = ours.iter().map(Identity::recipient).collect();
    for length in [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 2 * CHUNK_BYTES, 200_000] {
        let bytes: Vec<u8> = (0..length).map(|place| (place % 251) as u8).collect();
        let file = seal(&bytes, &recipients);
        for identity in &ours {
            assert_eq!(open(&file, std::slice::from_ref(identity)).expect("it opens"), bytes, "{length}");
        }
        assert!(matches!(open(&file, &identity()), Err(Error::WrongKey)));
    }
}

#[test]
fn every_flipped_bit_and_every_cut_is_told() {
    let ours = [Identity::generate().expect("a key")];
    let bytes = vec![7; CHUNK_BYTES + 40];
    let file = seal(&bytes, &[ours[0].recipient()]);
    let header = file.len() - bytes.len();
    let places = (0..header + 40).chain((header..file.len()).step_by(997)).chain(file.len() - 60..file.len());
    for place in places {
        let mut bad = file.clone();
        bad[place] ^= 0x04;
        assert!(open(&bad, &ours).is_err(), "byte {place}");
    }
    let boundary = file.len() - 40 - sealed::TAG_BYTES;
    for length in [0, 1, 20, header, boundary, boundary + 1, file.len() - 1] {
        assert!(open(&file[..length], &ours).is_err(), "cut at {length}");
    }
    assert!(open(&[&file[..], &[0]].concat(), &ours).is_err(), "one byte more");
}

#[test]
fn what_is_no_key_is_refused() {
    for bad in ["", "age1", "AGE-SECRET-KEY-1", "ssh-ed25519 AAAA", "# only a comment"] {
        assert!(Identity::read_all(bad).is_err(), "{bad}");
        assert!(bad.parse::<Recipient>().is_err(), "{bad}");
    }
    assert!(Writer::new(Vec::new(), &[]).is_err());
    // The point of order 1 would give everyone the same secret.
    assert!(Writer::new(Vec::new(), &[Recipient([0; 32])]).is_err());
    assert_eq!(format!("{:?}", identity()[0]), "[age identity]");
}
