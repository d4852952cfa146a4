//! The ready profiles, rule by rule: a message that conforms, one change to it, and the line that tells.

use super::super::shipped;
use super::FILES;
use hl7v2::Message;
use lang::Run;
use message::{Severity, Timestamp};

/// Codes of the errors and warnings that a profile finds in a message.
fn found(profile: &str, text: String) -> Vec<String> {
    let profile = shipped().get(profile).unwrap_or_else(|| panic!("{profile}"));
    let (message, findings) = Message::parse(text);
    let report = profile.validate(&message, &findings, false, &mut Run::new(Timestamp::default(), 0)).expect("fuel");
    let issues = report.issues.iter().filter(|issue| issue.severity >= Severity::Warning);
    issues.map(|issue| issue.code.split_once(':').map_or(&*issue.code, |(_, line)| line).to_owned()).collect()
}

fn sample(name: &str) -> &'static str {
    let path = format!("profiles/samples/{name}.hl7");
    FILES.iter().find(|(known, _)| *known == path).unwrap_or_else(|| panic!("{path}")).1
}

/// `from` becomes `to` in a sample that conforms: what is told then, and not before.
#[track_caller]
fn check(profile: &str, name: &str, from: &str, to: &str, expect: &str) {
    let text = sample(name);
    assert!(text.contains(from), "{name} has no {from}");
    let before = found(profile, text.to_owned());
    assert!(!before.iter().any(|code| code == expect), "{name}: {before:?}");
    let after = found(profile, text.replacen(from, to, 1));
    assert!(after.iter().any(|code| code == expect), "{name} with {to:?}: {after:?}, not {expect}");
}

#[test]
fn pam() {
    let admit = |from, to, expect| check("ihe-pam", "ihe-pam-admit", from, to, expect);
    admit("ADT^A01^ADT_A01", "ADT^A01", "require-MSH-9.3");
    admit("^^^NORTH^MR", "", "require-PID-3.4");
    admit("^^^NORTH^MR", "^^^NORTH", "expect-PID-3.5");
    admit("PID|1||", "PID|1|7|", "forbid-PID-2");
    admit("|F\r", "|F|Alias\r", "forbid-PID-9");
    admit("PV1|1|I", "PV1|1|", "usage-PV1-2");
    admit("|INSERT|", "|ADD|", "bind-ZBE-4");
    admit("|INSERT|N", "|INSERT|", "require-ZBE-5");
    admit("EVN||20260301120000", "EVN||", "require-EVN-2");
    admit("V1^^^NORTH^VN", "", "a-visit-has-its-number-or-its-account");
    admit("|2.5\r", "|2.5.1\r", "constrain-MSH-12.1");
    check(
        "ihe-pam",
        "ihe-pam-person",
        "PV1|1|N",
        "PV1|1|I",
        "a-message-about-the-person-alone-has-no-visit-pv1-2-is-n",
    );
    check("ihe-pam", "ihe-pam-merge", "MRG|4712", "MRG|4711", "a-merge-names-two-different-numbers");
    check("ihe-pam", "ihe-pam-merge", "MRG|4712^^^NORTH^MR", "MRG|4712", "usage-MRG-1.4");
}

#[test]
fn pix_and_pdq() {
    let feed = |from, to, expect| check("ihe-pix-feed", "ihe-pix-feed-register", from, to, expect);
    feed("^^^NORTH", "", "require-PID-3.4");
    feed("|2.3.1\r", "|2.5\r", "constrain-MSH-12.1");
    feed("PV1||O\r", "", "usage-PV1");
    feed("ADT^A04", "ADT^A02", "bind-MSH-9.2");
    feed("PV1||O", "PV1||", "require-PV1-2");
    check("ihe-pix-feed", "ihe-pix-feed-merge", "MRG|4712^^^NORTH\r", "", "usage-MRG");
    let ask = |from, to, expect| check("ihe-pix-query", "ihe-pix-query-ask", from, to, expect);
    ask("4711^^^NORTH^MR", "4711", "require-QPD-3.4");
    ask("|Q7|", "||", "require-QPD-2");
    ask("RCP|I", "RCP|D", "constrain-RCP-1");
    check("ihe-pix-query", "ihe-pix-query-answer", "|OK", "|NF", "what-is-not-found-has-no-patient");
    check("ihe-pix-query", "ihe-pix-query-answer", "|OK", "|FINE", "bind-QAK-2");
    check("ihe-pdq", "ihe-pdq-ask", "@PID.5.1.1", "PID-5", "constrain-QPD-3.1");
    check("ihe-pdq", "ihe-pdq-ask", "@PID.5.1.1^Quist", "@PID.5.1.1", "require-QPD-3.2");
    check("ihe-pdq", "ihe-pdq-answer", "4711^^^NORTH^MR", "4711", "require-PID-3.4");
    check("ihe-pdq", "ihe-pdq-answer", "|OK", "|NF", "what-is-not-found-has-no-patient");
}

#[test]
fn laboratory_results() {
    let lab = |from, to, expect| check("us-lab-result", "us-lab-result-final", from, to, expect);
    lab("+0100||ORU", "||ORU", "constrain-MSH-7");
    lab("LRI_Common_Component^^2.16.840.1.113883.9.16^ISO", "", "require-MSH-21.1");
    lab("|F\rORC", "|\rORC", "usage-PID-8");
    lab("|17^Okafor^Nia\rOBR", "|\rOBR", "usage-ORC-12");
    lab("|||||||||17^Okafor^Nia||||||2026", "|||||||||||||||2026", "usage-OBR-16");
    lab("ORC|RE|P1^EHR|F1^LIS", "ORC|RE|P1^EHR|F2^LIS", "the-order-is-the-same-in-orc-and-obr");
    lab("mg/dL^mg/dL^UCUM", "", "usage-OBX-6");
    lab("OBX|1|NM|2345-7^Glucose^LN||92", "OBX|1||2345-7^Glucose^LN||92", "usage-OBX-2");
    lab("||92|", "|||", "usage-OBX-5");
    lab("|||||F|||20260301080000", "|||||Q|||20260301080000", "bind-OBX-11");
    lab("North Laboratory^L^^^^CLIA&2.16.840.1.113883.4.7&ISO^XX^^^01D0000001", "", "require-OBX-23");
    lab("119297000^Blood specimen^SCT", "", "require-SPM-4");
}

#[test]
fn vaccinations() {
    let new = |from, to, expect| check("us-immunization", "us-immunization-new", from, to, expect);
    new("-0500||VXU", "||VXU", "constrain-MSH-7");
    new("|20240102|", "|202401|", "constrain-PID-7");
    new("Quist^Ada", "Quist^", "require-PID-5.2");
    new("V1^CLINIC", "", "require-ORC-3");
    new("|LOT7|", "||", "usage-RXA-15");
    new("|MSD^Merck^MVX|", "||", "usage-RXA-17");
    new("|0.5|mL^mL^UCUM|", "|0.5||", "usage-RXA-7");
    new("|CP|A", "|NA|A", "nothing-given-is-vaccine-998");
    new("|CP|A", "|CP|Q", "bind-RXA-21");
    new("|||CP|A", "|00||CP|A", "usage-RXA-18");
    new("||||||F|||20260301", "||||||P|||20260301", "constrain-OBX-11");
    new("120000-0500||VXU", "1200-0500||VXU", "constrain-MSH-7");
    new("|ER|AL|", "|AL|AL|", "constrain-MSH-15");
    new("|ER|AL|", "|ER||", "require-MSH-16");
    new("Z22^CDCPHINVS", "", "require-MSH-21.1");
    new("Z22^CDCPHINVS", "Z32^CDCPHINVS", "constrain-MSH-21[1].1");
    new("PID|1|", "PID|2|", "constrain-PID-1");
    new("|F||2106", "|||2106", "require-PID-8");
    new("Reyes^Ida^^^^^M", "Reyes^Ida^^^^^L", "constrain-PID-6.7");
    new("|20260301||08", "|20260301|20260302|08", "the-vaccination-ends-when-it-began");
    new("||00^New", "||10^New", "bind-RXA-9[1]");
    new("|CP|A", "|CP|", "usage-RXA-21");
    new("^LN|1|V02", "^LN|0|V02", "constrain-OBX-4");
    new("OBX|1|CE|64994-7^Eligibility^LN|1|V02^Medicaid^HL70064", "OBX|1|NM|64994-7^Eligibility^LN|1|2", "usage-OBX-6");
    let refused = |from, to, expect| check("us-immunization", "us-immunization-refusal", from, to, expect);
    refused("9999^CLINIC", "V2^CLINIC", "what-was-not-given-has-the-order-number-9999");
    refused("|999|", "|0.5|", "what-was-not-given-has-the-amount-999");
    refused("|999|||", "|999|||00^New record^NIP001", "only-what-was-given-has-a-source");
    check("us-immunization", "us-immunization-refusal", "|00^Parental decision^NIP002|", "||", "usage-RXA-18");
}

#[test]
fn syndromic_visits() {
    let visit = |from, to, expect| check("us-syndromic", "us-syndromic-register", from, to, expect);
    visit("ADT^A04", "ADT^A05", "bind-MSH-9.2");
    visit("|||||NORTH^1234567890^NPI\rPID", "|||||\rPID", "require-EVN-7.2");
    visit("|||||NORTH^1234567890^NPI\rPID", "|||||NORTH\rPID", "require-EVN-7.2");
    visit("|||||NORTH^1234567890^NPI\rPID", "|||||NORTH^1234567890\rPID", "require-EVN-7.3");
    visit("|||||NORTH^1234567890^NPI\rPID", "|||||^1234567890^NPI\rPID", "expect-EVN-7.1");
    visit("EVN||20260301120000-0500", "EVN||20260301", "constrain-EVN-2");
    visit("|20260301110000-0500", "|20260301", "constrain-PV1-44");
    visit("PV1|1|E", "PV1|1|", "require-PV1-2");
    visit("PV1|1|", "PV1|2|", "constrain-PV1-1");
    visit("I10C|||W", "I10C|||", "require-DG1-6");
    visit("PH_SS-NoAck^SS Sender^2.16.840.1.114222.4.10.3^ISO", "", "require-MSH-21.1");
    visit("^^^NORTH^MR", "", "require-PID-3.5");
    visit("V9^^^NORTH^VN", "", "require-PV1-19.1");
    visit("||56|a^year^UCUM", "||56|", "an-age-has-its-unit");
    visit("SS003", "SS004", "the-message-says-which-kind-of-facility-it-was-ss003");
    visit("I10C|||W", "I10C|||Q", "bind-DG1-6");
    check("us-syndromic", "us-syndromic-discharge", "|01|", "||", "usage-PV1-36");
    check("us-syndromic", "us-syndromic-discharge", "|20260301150000-0500", "", "usage-PV1-45");
    let died = |expect| check("us-syndromic", "us-syndromic-discharge", "|01|", "|20|", expect);
    died("usage-PID-29");
    died("usage-PID-30");
    died("a-death-is-said-of-the-person-too");
}
