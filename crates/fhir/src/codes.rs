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
    E1260 "R4 has no such element";
    E1261 "a value is of another type";
    E1262 "a value does not have the form of its type";
    E1263 "a required element is missing";
    E1264 "an element stands too often, or not as one or many";
    E1265 "an element is empty";
    E1266 "a code is not of the required value set";
    E1267 "a code is not of the value set that should be used";
    E1268 "a code is none of its system";
    E1270 "a reference does not have the form of one";
    E1271 "a reference leads to what it may not";
    E1272 "a reference leads nowhere";
    E1273 "an extension is not known";
    E1274 "an extension stands where it may not, or holds what it may not";
    E1275 "a contained resource cannot be told apart";
    E1276 "an entry of a bundle contradicts itself";
    E1277 "the slices of a profile do not hold";
    E1278 "a value is not what the profile fixes";
    E1279 "a profile is not known, or is of another type";
    E1280 "an unknown extension changes the meaning";
    E1281 "this is no resource of R4";
    E1282 "a package of definitions cannot be read";
}
