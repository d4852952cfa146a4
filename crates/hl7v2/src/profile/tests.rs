//! Small invented profiles: every kind of rule, kept and broken.

mod family;
mod hostile;
mod parts;
mod statements;

use super::{Options, Profile, Source};
use crate::Message;
use crate::validate::Report;
use message::Severity;

/// A profile of two messages: results, and the same with other segments.
pub(super) const PROFILE: &str = r#"<?xml version="1.0"?>
<ConformanceProfile ID="TEST" HL7Version="2.5.1">
  <MetaData Name="Invented" OrgName="Nobody" Version="1" Date="1"/>
  <Messages>
    <Message ID="RES" Identifier="RES-1" Name="Results Z99" Type="ORU" Event="R01" StructID="ORU_R01" Description="Results">
      <Segment Ref="MSH_T" Usage="R" Min="1" Max="1"/>
      <Segment Ref="PID_T" Usage="RE" Min="0" Max="1"/>
      <Group ID="ORDER_T" Name="ORDER" Usage="R" Min="1" Max="*">
        <Segment Ref="OBR_T" Usage="R" Min="1" Max="1"/>
        <Segment Ref="NTE_T" Usage="X" Min="0" Max="*"/>
        <Group ID="OBSERVATION_T" Name="OBSERVATION" Usage="O" Min="0" Max="3">
          <Segment Ref="OBX_T" Usage="R" Min="1" Max="1"/>
        </Group>
      </Group>
    </Message>
    <Message ID="RES_SHORT" Identifier="RES-2" Name="Short results" Type="ORU" Event="R01" StructID="ORU_R01">
      <Segment Ref="MSH_T" Usage="R" Min="1" Max="1"/>
      <Segment Ref="OBX_T" Usage="R" Min="1" Max="2"/>
    </Message>
  </Messages>
  <Segments>
    <Segment ID="MSH_T" Name="MSH" Label="MSH" Description="Message Header">
      <Field Name="Field Separator" Datatype="ST" Usage="R" Min="1" Max="1" MinLength="1" MaxLength="1"/>
      <Field Name="Encoding Characters" Datatype="ST" Usage="R" Min="1" Max="1" MinLength="4" MaxLength="5"/>
      <Field Name="Sending Application" Datatype="ST" Usage="O" Min="0" Max="1"/>
      <Field Name="Sending Facility" Datatype="ST" Usage="O" Min="0" Max="1"/>
      <Field Name="Receiving Application" Datatype="ST" Usage="O" Min="0" Max="1"/>
      <Field Name="Receiving Facility" Datatype="ST" Usage="O" Min="0" Max="1"/>
      <Field Name="Date/Time" Datatype="DTM" Usage="O" Min="0" Max="1"/>
      <Field Name="Security" Datatype="ST" Usage="X" Min="0" Max="1"/>
      <Field Name="Message Type" Datatype="MSG" Usage="R" Min="1" Max="1"/>
    </Segment>
    <Segment ID="PID_T" Name="PID" Label="PID" Description="Patient Identification">
      <Field Name="Set ID" Datatype="SI" Usage="O" Min="0" Max="1"/>
      <Field Name="Old ID" Datatype="ST" Usage="X" Min="0" Max="1"/>
      <Field Name="Identifiers" Datatype="CX" Usage="R" Min="2" Max="3"/>
      <Field Name="Alternate ID" Datatype="ST" Usage="W" Min="0" Max="1"/>
      <Field Name="Name" Datatype="ST" Usage="RE" Min="0" Max="1" MinLength="2" MaxLength="5"/>
      <Field Name="Species" Datatype="ST" Usage="O" Min="0" Max="1" ConstantValue="human"/>
      <Field Name="Birth Date" Datatype="DT" Usage="O" Min="0" Max="1" ConfLength="8="/>
    </Segment>
    <Segment ID="OBR_T" Name="OBR" Label="OBR" Description="Observation Request">
      <Field Name="Set ID" Datatype="SI" Usage="O" Min="0" Max="1"/>
      <Field Name="Placer Order Number" Datatype="CX" Usage="C" Min="0" Max="1"/>
      <Field Name="Filler Order Number" Datatype="CX" Usage="C" Min="0" Max="1"/>
      <Field Name="Service" Datatype="CWE" Usage="O" Min="0" Max="1" Binding="SERVICES" BindingLocation="1:4"/>
      <Field Name="Priority" Datatype="ID" Usage="O" Min="0" Max="1" Binding="PRIORITIES" BindingStrength="R"/>
      <Field Name="Copies" Datatype="CX" Usage="O" Min="0" Max="*"/>
    </Segment>
    <Segment ID="NTE_T" Name="NTE" Label="NTE" Description="Notes"/>
    <Segment ID="OBX_T" Name="OBX" Label="OBX" Description="Observation/Result">
      <DynamicMapping>
        <Mapping Position="5" Reference="2" SecondReference="3.1">
          <Case Value="NM" Datatype="NM"/><Case Value="CWE" Datatype="CWE"/>
          <Case Value="ST" Datatype="ST"/><Case Value="ST" SecondValue="DOB" Datatype="DT"/>
        </Mapping>
      </DynamicMapping>
      <Field Name="Set ID" Datatype="SI" Usage="O" Min="0" Max="1"/>
      <Field Name="Value Type" Datatype="ID" Usage="O" Min="0" Max="1"/>
      <Field Name="Identifier" Datatype="CWE" Usage="R" Min="1" Max="1"/>
      <Field Name="Sub-ID" Datatype="ST" Usage="O" Min="0" Max="1"/>
      <Field Name="Value" Datatype="VARIES" Usage="O" Min="0" Max="*"/>
      <Field Name="Units" Datatype="CWE" Usage="O" Min="0" Max="*"/>
      <Field Name="Number" Datatype="NM" Usage="O" Min="0" Max="*"/>
      <Field Name="From" Datatype="TS" Usage="O" Min="0" Max="1"/>
      <Field Name="To" Datatype="TS" Usage="O" Min="0" Max="1"/>
    </Segment>
    <Segment ID="OBX_SLICE" Name="OBX" Label="OBX" Description="Sliced Observation">
      <Field Name="Set ID" Datatype="SI" Usage="R" Min="1" Max="1"/>
      <Field Name="Value Type" Datatype="ID" Usage="R" Min="1" Max="1"/>
      <Field Name="Identifier" Datatype="CWE" Usage="R" Min="1" Max="1"/>
    </Segment>
  </Segments>
  <Datatypes>
    <Datatype ID="ST" Name="ST" Description="String"/><Datatype ID="ID" Name="ID" Description="Code"/>
    <Datatype ID="NM" Name="NM" Description="Number"/><Datatype ID="SI" Name="SI" Description="Sequence"/>
    <Datatype ID="DT" Name="DT" Description="Date"/><Datatype ID="DTM" Name="DTM" Description="Moment"/>
    <Datatype ID="TS" Name="TS" Description="Time stamp">
      <Component Name="Time" Datatype="DTM" Usage="R"/><Component Name="Degree" Datatype="ST" Usage="X"/>
    </Datatype>
    <Datatype ID="MSG" Name="MSG" Description="Message type">
      <Component Name="Code" Datatype="ID" Usage="R"/><Component Name="Event" Datatype="ID" Usage="R"/>
      <Component Name="Structure" Datatype="ID" Usage="O"/>
    </Datatype>
    <Datatype ID="HD" Name="HD" Description="Authority">
      <Component Name="Namespace" Datatype="ST" Usage="R"/><Component Name="Universal ID" Datatype="ST" Usage="O"/>
    </Datatype>
    <Datatype ID="CX" Name="CX" Description="Identifier">
      <Component Name="ID" Datatype="ST" Usage="R"/><Component Name="Check Digit" Datatype="ST" Usage="O"/>
      <Component Name="Scheme" Datatype="ST" Usage="O"/><Component Name="Authority" Datatype="HD" Usage="O"/>
    </Datatype>
    <Datatype ID="CX_SLICE" Name="CX" Description="Identifier with authority">
      <Component Name="ID" Datatype="ST" Usage="R"/><Component Name="Check Digit" Datatype="ST" Usage="X"/>
      <Component Name="Scheme" Datatype="ST" Usage="O"/><Component Name="Authority" Datatype="HD" Usage="R"/>
    </Datatype>
    <Datatype ID="CWE" Name="CWE" Description="Coded">
      <Component Name="Identifier" Datatype="ST" Usage="O"/><Component Name="Text" Datatype="ST" Usage="O"/>
      <Component Name="System" Datatype="ID" Usage="O"/><Component Name="Alternate Identifier" Datatype="ST" Usage="O"/>
      <Component Name="Alternate Text" Datatype="ST" Usage="O"/><Component Name="Alternate System" Datatype="ID" Usage="O"/>
    </Datatype>
  </Datatypes>
</ConformanceProfile>"#;

/// Value sets of the profile.
pub(super) const SETS: &str = r#"<ValueSetLibrary ValueSetLibraryIdentifier="T">
  <NoValidation><BindingIdentifier>FREE</BindingIdentifier></NoValidation>
  <ValueSetDefinitions Group="T" Order="1">
    <ValueSetDefinition BindingIdentifier="SERVICES" Name="Services" Extensibility="Open" Stability="Static">
      <ValueElement Value="A" CodeSystem="LOCAL" Usage="R"/><ValueElement Value="B" CodeSystem="LOCAL" Usage="P"/>
      <ValueElement Value="E" CodeSystem="LOCAL" Usage="E"/>
      <ValueElement Value="x" CodeSystem="LOCAL" CodePattern="X[0-9]+"/>
    </ValueSetDefinition>
    <ValueSetDefinition BindingIdentifier="PRIORITIES" Name="Priorities" Extensibility="Closed">
      <ValueElement Value="S" CodeSystem="P"/><ValueElement Value="2 … 4" CodeSystem="P"/>
    </ValueSetDefinition>
  </ValueSetDefinitions>
</ValueSetLibrary>"#;

/// The profile with more files; it is read without errors.
pub(super) fn profile(more: &[&str]) -> Profile {
    let mut sources = vec![Source { name: "profile.xml", bytes: PROFILE.as_bytes() }];
    sources.push(Source { name: "sets.xml", bytes: SETS.as_bytes() });
    sources.extend(more.iter().map(|text| Source { name: "more.xml", bytes: text.as_bytes() }));
    let (profile, diagnostics) = Profile::read(&sources);
    assert!(diagnostics.is_empty(), "{diagnostics:?}");
    profile.expect("a profile")
}

/// Segments behind a header.
pub(super) fn message(segments: &str) -> Message {
    Message::parse(format!("MSH|^~\\&|LAB||||20260301||ORU^R01^ORU_R01\r{segments}")).0
}

pub(super) fn report(profile: &Profile, segments: &str) -> Report {
    profile.validate(&message(segments), 0, &Options::default()).expect("the first message")
}

/// `CODE PATH` of every error.
pub(super) fn errors(profile: &Profile, segments: &str) -> Vec<String> {
    let report = report(profile, segments);
    let errors = report.issues.iter().filter(|issue| issue.severity == Severity::Error);
    errors.map(|issue| format!("{} {}", issue.code, issue.path)).collect()
}

/// What is wrong with a message by the profile and more files.
pub(super) fn check(more: &[&str], segments: &str, expect: &[&str]) {
    assert_eq!(errors(&profile(more), segments), expect, "{segments}");
}
