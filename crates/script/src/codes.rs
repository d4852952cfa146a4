//! The codes of this crate, E1440 to E1459: each has a page in `docs/errors`.

message::catalogue! {
    E1440 "a script cannot be read as JavaScript";
    E1441 "a script failed on this message";
    E1442 "a script took more steps or time than it may";
    E1443 "a script took more memory than it may";
    E1444 "a script went deeper into itself than it may";
    E1445 "a script waits for something, and scripts do not wait";
    E1446 "a script asked for a place that cannot be read or changed";
    E1447 "a script wrote more than it may";
    E1448 "a script parked this message";
    E1449 "a script gave back what is no value";
    E1450 "a script asked for a code table that is not there";
    E1451 "a script is larger than it may be";
    E1452 "scripts cannot run on this machine now";
}
