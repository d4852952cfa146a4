//! The codes of this crate, E1200 to E1299: each has a page in `docs/errors`.

message::catalogue! {
    E1200 "the bytes are not JSON";
    E1201 "a resource passes a limit";
    E1202 "an object names a property twice";
    E1203 "a string in JSON cannot be read";
    E1204 "this place of a resource cannot be changed";
    E1205 "this is not a route to an element";
    E1250 "a resource in XML cannot be read";
    E1251 "a resource in XML passes a limit";
    E1252 "the XML is no resource of FHIR R4";
    E1253 "JSON has no place for a part of the XML";
    E1254 "an element or attribute is not of FHIR R4";
    E1255 "an element of the XML stands out of order";
    E1256 "a resource cannot be written as XML";
}
