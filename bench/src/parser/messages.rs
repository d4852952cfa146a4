//! Messages of invented people, of the sizes that interfaces carry.

use super::Place;
use std::fmt::Write;

pub(super) const ADT_PLACES: [Place; 10] = [
    ("MSH", 1, 9, 1),
    ("MSH", 1, 9, 2),
    ("MSH", 1, 10, 1),
    ("PID", 1, 3, 1),
    ("PID", 1, 3, 4),
    ("PID", 1, 5, 1),
    ("PID", 1, 5, 2),
    ("PID", 1, 7, 1),
    ("PID", 1, 8, 1),
    ("PV1", 1, 3, 1),
];

pub(super) const ORU_PLACES: [Place; 10] = [
    ("MSH", 1, 9, 1),
    ("MSH", 1, 10, 1),
    ("PID", 1, 3, 1),
    ("PID", 1, 5, 1),
    ("OBR", 1, 3, 1),
    ("OBR", 1, 4, 2),
    ("OBX", 1, 5, 1),
    ("OBX", 10, 3, 2),
    ("OBX", 20, 5, 1),
    ("OBX", 40, 8, 1),
];

pub(super) const MDM_PLACES: [Place; 10] = [
    ("MSH", 1, 9, 1),
    ("MSH", 1, 9, 2),
    ("MSH", 1, 10, 1),
    ("PID", 1, 3, 1),
    ("PID", 1, 5, 1),
    ("PID", 1, 7, 1),
    ("TXA", 1, 2, 1),
    ("TXA", 1, 12, 1),
    ("OBX", 1, 5, 4),
    ("OBX", 1, 5, 5),
];

const PID: &str = "PID|1||00048812^^^NORTH^MR~7700123^^^STATE^PI||Vandermeer^Odalys^Quill^^Ms||19710423|F||2106-3^White^HL70005|\
12 Larkspur Lane^^Ambleford^WA^98000^USA^H||^PRN^PH^^1^206^5550142~^NET^Internet^odalys@example.org|||M||V000118|||||||||||N\r";

/// An admission of about 1 KB.
pub(crate) fn adt() -> String {
    let mut out = String::from(
        "MSH|^~\\&|ADT1|NORTH|HUB|WEST|20260301070809.123+0000||ADT^A01^ADT_A01|MSG0000042|P|2.5.1|||AL|NE||\r\
EVN|A01|20260301070809||||20260301070700\r",
    );
    out.push_str(PID);
    out.push_str(
        "NK1|1|Vandermeer^Teodor^A|SPO^Spouse^HL70063|12 Larkspur Lane^^Ambleford^WA^98000|^PRN^PH^^1^206^5550143||EC\r\
PV1|1|I|4WEST^412^B^NORTH^^^^4||||1049^Ashgrove^Lindiwe^^^Dr^^^NPI|2077^Brightwater^Soren^^^Dr^^^NPI||MED||||ADM|||\
1049^Ashgrove^Lindiwe^^^Dr|IP|V000118^^^NORTH^VN|COM||||||||||||||||||||NORTH||A|||20260301065500\r\
PV2||PRIV^Private room|^Chest pain \\T\\ shortness of breath\r\
DG1|1||R07.9^Chest pain, unspecified^I10|||A\r\
AL1|1|DA|70618^Penicillin^RXN|SV|Hives\r\
IN1|1|PPO^Preferred|INS07|Cedar Mutual|PO Box 7^^Ambleford^WA^98001||||GRP1188|||20260101||||Vandermeer^Odalys|SEL\r",
    );
    out
}

/// A result of about 5 KB.
pub(crate) fn oru() -> String {
    let mut out = String::from("MSH|^~\\&|LAB|NORTH|HUB|WEST|20260301101112||ORU^R01^ORU_R01|MSG0000043|P|2.5.1\r");
    out.push_str(PID);
    out.push_str(
        "ORC|RE|ORD4471|FIL9921||CM\rOBR|1|ORD4471|FIL9921|24323-8^Comprehensive metabolic panel^LN|||20260301080000\r",
    );
    for number in 1..=46 {
        let _ = write!(
            out,
            "OBX|{number}|NM|{}-{}^Analyte number {number}^LN||{}.{}|mmol/L^millimole per litre^UCUM|3.5-5.1|N|||F|||20260301094500\r",
            2_000 + number * 17,
            number % 10,
            number * 3,
            number % 7
        );
    }
    out
}

/// A document of 2 MB.
pub(super) fn mdm() -> String {
    let mut out = String::from(
        "MSH|^~\\&|DOC|NORTH|HUB|WEST|20260301121314||MDM^T02^MDM_T02|MSG0000044|P|2.5.1\rEVN|T02|20260301121314\r",
    );
    out.push_str(PID);
    out.push_str("PV1|1|I|4WEST^412^B^NORTH\rTXA|1|DS|AP|20260301120000||||||||DOC000771|||||AU\rOBX|1|ED|18842-5^Discharge summary^LN||^application^pdf^Base64^");
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut state = 42u32;
    for _ in 0..2 * 1024 * 1024 {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        out.push(char::from(alphabet[(state >> 26) as usize]));
    }
    out.push_str("||||||F\r");
    out
}
