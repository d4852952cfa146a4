//! The codes of this crate, E1200 to E1299: each has a page in `docs/errors`.

message::catalogue! {
    E1200 "the bytes are not JSON";
    E1201 "a resource passes a limit";
    E1202 "an object names a property twice";
    E1203 "a string in JSON cannot be read";
    E1204 "this place of a resource cannot be changed";
    E1205 "this is not a route to an element";
    E1210 "an expression of FHIRPath cannot be read";
    E1211 "FHIRPath has no such function, or it is called otherwise";
    E1212 "a value does not fit an expression of FHIRPath";
    E1213 "FHIRPath and FHIR have no such type";
    E1214 "an expression of FHIRPath passes a limit";
    E1215 "an expression of FHIRPath cannot be right for this type";
    E1216 "an expression of FHIRPath asks for what is not there";
    E1220 "a FHIRPath Patch cannot be read";
    E1221 "the path of a patch does not lead to one element or list";
    E1222 "a patch cannot be applied here";
    E1250 "a resource in XML cannot be read";
    E1251 "a resource in XML passes a limit";
    E1252 "the XML is no resource of FHIR R4";
    E1253 "JSON has no place for a part of the XML";
    E1254 "an element or attribute is not of FHIR R4";
    E1255 "an element of the XML stands out of order";
    E1256 "a resource cannot be written as XML";
}
