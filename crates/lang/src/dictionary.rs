//! What the language knows of the standard: today the names of segments; the seam for the full dictionary.

use crate::syntax::closest;

/// What a checker may ask about the structure of HL7 v2. The built-in answer is [`Segments`]; a dictionary of fields,
/// components and types, or a profile, answers more.
pub trait Dictionary: Send + Sync {
    /// The segment exists in the standard (`Z` segments are local and never asked about).
    fn has_segment(&self, id: &str) -> bool;
    /// The known segment id nearest to `id`.
    fn nearest_segment(&self, id: &str) -> Option<String>;
    /// How many fields the segment has; `None` when not known.
    fn field_count(&self, _id: &str) -> Option<u16> {
        None
    }
    /// The name of a field, for hover; `None` when not known.
    fn field_name(&self, _id: &str, _field: u16) -> Option<&str> {
        None
    }
}

/// The segment ids of HL7 v2.1 to v2.9, chapters 2 to 17, with the batch and file envelope.
const IDS: &str = "ABS ACC ADD ADJ AFF AIG AIL AIP AIS AL1 APR ARQ ARV AUT BHS BLC BLG BPO BPX BTS BTX BUI CDM CDO CER \
CM0 CM1 CM2 CNS CON CSP CSR CSS CTD CTI CTR DB1 DEV DG1 DMI DON DPS DRG DSC DSP DST ECD ECR EDU EQL EQP EQU ERQ ERR EVN \
FAC FHS FT1 FTS GOL GP1 GP2 GT1 IAM IAR IIM ILT IN1 IN2 IN3 INV IPC IPR ISD ITM IVC IVT LAN LCC LCH LDP LOC LRL MCP MFA \
MFE MFI MRG MSA MSH NCK NDS NK1 NPU NSC NST NTE OBR OBX ODS ODT OH1 OH2 OH3 OH4 OM1 OM2 OM3 OM4 OM5 OM6 OM7 OMC ORC ORG \
OVR PAC PCE PCR PD1 PDA PDC PEO PES PID PKG PM1 PMT PR1 PRA PRB PRC PRD PRT PSG PSH PSL PSS PTH PV1 PV2 PYE QAK QID QPD \
QRD QRF QRI RCP RDF RDT REL RF1 RFI RGS RMI ROL RQ1 RQD RXA RXC RXD RXE RXG RXO RXR RXV SAC SCD SCH SCP SDD SFT SGH SGT \
SHP SID SLT SPM SPR STF STZ TCC TCD TQ1 TQ2 TXA UAC UB1 UB2 URD URS VAR VND VTQ";

/// The built-in table of standard segment ids.
#[derive(Clone, Copy, Debug, Default)]
pub struct Segments;

impl Dictionary for Segments {
    fn has_segment(&self, id: &str) -> bool {
        // Three letters and a blank each, in order.
        let (ids, last) = IDS.as_bytes().as_chunks::<4>();
        ids.binary_search_by(|known| known[..3].cmp(id.as_bytes())).is_ok() || last == id.as_bytes()
    }
    fn nearest_segment(&self, id: &str) -> Option<String> {
        closest(id, IDS.split_ascii_whitespace()).map(str::to_owned)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments() {
        assert!(Segments.has_segment("PID") && Segments.has_segment("VTQ") && !Segments.has_segment("PIX"));
        assert!(IDS.split_ascii_whitespace().all(|id| id.len() == 3 && Segments.has_segment(id)));
        assert!(!Segments.has_segment("PI") && !Segments.has_segment("PID1") && !Segments.has_segment(""));
        assert!(IDS.split_ascii_whitespace().is_sorted());
        assert_eq!(Segments.nearest_segment("PVI").as_deref(), Some("PV1"));
    }
}
