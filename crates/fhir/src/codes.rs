//! The codes of this crate, E1200 to E1299: each has a page in `docs/errors`.

message::catalogue! {
    E1200 "the bytes are not JSON";
    E1201 "a resource passes a limit";
    E1202 "an object names a property twice";
    E1203 "a string in JSON cannot be read";
    E1204 "this place of a resource cannot be changed";
    E1205 "this is not a route to an element";
}
