//! The systems of the hospital: who sends what, in which version, with which habits, and who receives it.

use super::{
    er7::{Charset, Segment, moment, parts},
    places::Site,
    segments::Pen,
};
use std::fmt;

/// A system that sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SystemName {
    /// The patient record of NORTH: ADT, OML and RDE in 2.5.1, UTF-8.
    EprNorth,
    /// The registration of SOUTH: ADT and DFT in 2.3, ORM in 2.3.1, ISO 8859-1, own codes, separators at segment ends.
    RegSouth,
    /// The laboratory of both sites: ORU and OML in 2.5.1.
    Lab,
    /// Radiology of both sites and the dictation system it shares: ORM and ORU in 2.3.1, MDM in 2.5.
    Rad,
    /// Clinics of both sites: SIU in 2.8, VXU in 2.5.1, DFT in 2.3.
    Clinic,
    /// Bedside monitors: ORU in 2.2.
    Ward,
}

impl SystemName {
    /// All six.
    pub const ALL: [SystemName; 6] = [
        SystemName::EprNorth,
        SystemName::RegSouth,
        SystemName::Lab,
        SystemName::Rad,
        SystemName::Clinic,
        SystemName::Ward,
    ];

    /// `epr-north`, as interfaces and screens name it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            SystemName::EprNorth => "epr-north",
            SystemName::RegSouth => "reg-south",
            SystemName::Lab => "lab",
            SystemName::Rad => "rad",
            SystemName::Clinic => "clinic",
            SystemName::Ward => "ward",
        }
    }

    /// MSH-3.
    #[must_use]
    pub fn application(self) -> &'static str {
        match self {
            SystemName::EprNorth => "EPR",
            SystemName::RegSouth => "PATREG",
            SystemName::Lab => "LIS",
            SystemName::Rad => "RIS",
            SystemName::Clinic => "CLINIC",
            SystemName::Ward => "MONITOR",
        }
    }

    /// MSH-4.
    #[must_use]
    pub fn facility(self) -> &'static str {
        match self {
            SystemName::EprNorth => Site::North.facility(),
            SystemName::RegSouth => Site::South.facility(),
            SystemName::Lab => "LAB",
            SystemName::Rad => "RAD",
            SystemName::Clinic => "CLINIC",
            SystemName::Ward => "WARD",
        }
    }

    /// The letters before the number in MSH-10.
    pub(super) fn prefix(self) -> &'static str {
        match self {
            SystemName::EprNorth => "EN",
            SystemName::RegSouth => "RS",
            SystemName::Lab => "LB",
            SystemName::Rad => "RD",
            SystemName::Clinic => "CL",
            SystemName::Ward => "WD",
        }
    }

    pub(super) fn index(self) -> usize {
        self as usize
    }

    pub(super) fn charset(self) -> Charset {
        match self {
            SystemName::EprNorth | SystemName::Lab | SystemName::Clinic => Charset::Utf8,
            SystemName::RegSouth => Charset::Latin1,
            SystemName::Rad | SystemName::Ward => Charset::Ascii,
        }
    }

    /// The version in which it sends that type.
    pub(super) fn version(self, code: &str) -> Version {
        match (self, code) {
            (SystemName::RegSouth, "ORM") => Version::V231,
            (SystemName::RegSouth, _) | (SystemName::Clinic, "DFT") => Version::V23,
            (SystemName::Rad, "MDM") => Version::V25,
            (SystemName::Rad, _) => Version::V231,
            (SystemName::Clinic, "SIU") => Version::V28,
            (SystemName::Ward, _) => Version::V22,
            (SystemName::EprNorth | SystemName::Lab | SystemName::Clinic, _) => Version::V251,
        }
    }

    /// The system that registers patients at a site.
    #[must_use]
    pub fn registering(site: Site) -> SystemName {
        match site {
            Site::North => SystemName::EprNorth,
            Site::South => SystemName::RegSouth,
        }
    }
}

impl fmt::Display for SystemName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A system that receives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Receiver {
    /// As interfaces and screens name it.
    pub name: &'static str,
    /// What it is, for people.
    pub title: &'static str,
    /// MSH-9.1 of what it is interested in.
    pub wants: &'static [&'static str],
}

/// The systems that receive.
pub const RECEIVERS: [Receiver; 8] = [
    Receiver { name: "hub", title: "Patient hub: every patient and stay of both sites", wants: &["ADT"] },
    Receiver {
        name: "chart",
        title: "Electronic chart: results, documents, appointments",
        wants: &["ORU", "MDM", "SIU"],
    },
    Receiver { name: "labsys", title: "Laboratory orders", wants: &["OML", "ORM", "ADT"] },
    Receiver { name: "pharmacy", title: "Pharmacy: medication orders and inpatients", wants: &["RDE", "ADT"] },
    Receiver { name: "pacs", title: "Picture archive: radiology orders and reports", wants: &["ORM", "ORU", "ADT"] },
    Receiver { name: "registry", title: "Immunisation registry", wants: &["VXU"] },
    Receiver { name: "billing", title: "Billing: charges and stays", wants: &["DFT", "ADT"] },
    Receiver {
        name: "warehouse",
        title: "Data warehouse: a copy of everything",
        wants: &["ADT", "ORM", "OML", "ORU", "RDE", "SIU", "VXU", "MDM", "DFT"],
    },
];

/// MSH of a message: structure and character set only where the version has them (MSH-9.3 came with 2.3.1, MSH-18
/// with 2.3).
pub(super) fn msh(pen: &Pen, kind: Kind, control_id: &str) -> Segment {
    let modern = pen.version >= Version::V25;
    let mut kinds = vec![kind.code, kind.trigger];
    if pen.version >= Version::V231 {
        kinds.push(kind.structure());
    }
    let stamp = if modern { pen.now.to_dtm() } else { moment(pen.now) };
    let msh = Segment::new("MSH")
        .set(2, "^~\\&")
        .set(3, pen.system.application())
        .set(4, pen.system.facility())
        .set(5, "HUB")
        .set(6, "HOSPITAL")
        .set(7, stamp)
        .set(9, parts(&kinds))
        .set(10, control_id)
        .set(11, "P")
        .set(12, pen.version.as_str());
    let msh = if pen.version >= Version::V23 { msh.set(18, pen.system.charset().name()) } else { msh };
    match kind.code {
        "VXU" => msh.set(15, "ER").set(16, "AL").set(21, parts(&["Z22", "CDCPHINVS"])),
        // Three habits: the record asks for application acknowledgments, the laboratory for accept acknowledgments, and
        // the others ask for nothing, which is the original mode.
        _ if pen.system == SystemName::EprNorth => msh.set(15, "NE").set(16, "AL").set(17, "USA"),
        _ if pen.system == SystemName::Lab => msh.set(15, "AL").set(16, "NE").set(17, "USA"),
        _ => msh,
    }
}

/// HL7 versions in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Version {
    V22,
    V23,
    V231,
    V25,
    V251,
    V28,
}

impl Version {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Version::V22 => "2.2",
            Version::V23 => "2.3",
            Version::V231 => "2.3.1",
            Version::V25 => "2.5",
            Version::V251 => "2.5.1",
            Version::V28 => "2.8",
        }
    }
}

/// Message code and trigger event: `ADT`, `A01`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Kind {
    /// MSH-9.1.
    pub code: &'static str,
    /// MSH-9.2.
    pub trigger: &'static str,
}

impl Kind {
    /// Every kind that the hospital sends.
    pub const ALL: [Kind; 20] = [
        Kind::new("ADT", "A01"),
        Kind::new("ADT", "A02"),
        Kind::new("ADT", "A03"),
        Kind::new("ADT", "A04"),
        Kind::new("ADT", "A05"),
        Kind::new("ADT", "A08"),
        Kind::new("ADT", "A11"),
        Kind::new("ADT", "A13"),
        Kind::new("ADT", "A31"),
        Kind::new("ADT", "A40"),
        Kind::new("ORM", "O01"),
        Kind::new("OML", "O21"),
        Kind::new("ORU", "R01"),
        Kind::new("RDE", "O11"),
        Kind::new("SIU", "S12"),
        Kind::new("SIU", "S13"),
        Kind::new("SIU", "S15"),
        Kind::new("VXU", "V04"),
        Kind::new("MDM", "T02"),
        Kind::new("DFT", "P03"),
    ];

    pub(super) const fn new(code: &'static str, trigger: &'static str) -> Kind {
        Kind { code, trigger }
    }

    /// MSH-9.3 (table 0354, HL7 v2.5.1).
    pub(super) fn structure(self) -> &'static str {
        match (self.code, self.trigger) {
            ("ADT", "A01" | "A04" | "A08" | "A13") => "ADT_A01",
            ("ADT", "A02") => "ADT_A02",
            ("ADT", "A03") => "ADT_A03",
            ("ADT", "A05" | "A31") => "ADT_A05",
            ("ADT", "A11") => "ADT_A09",
            ("ADT", _) => "ADT_A39",
            ("ORM", _) => "ORM_O01",
            ("OML", _) => "OML_O21",
            ("ORU", _) => "ORU_R01",
            ("RDE", _) => "RDE_O11",
            ("SIU", _) => "SIU_S12",
            ("VXU", _) => "VXU_V04",
            ("MDM", _) => "MDM_T02",
            (_, _) => "DFT_P03",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}^{}", self.code, self.trigger)
    }
}
