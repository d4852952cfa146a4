//! The error codes of the watch: E53xx, one for each kind of trouble.

message::catalogue! {
    E5300 "the store does not take messages";
    E5301 "messages are unaccounted for";
    E5302 "the disk is nearly full";
    E5303 "the source of an interface is not open";
    E5304 "a partner does not take messages";
    E5305 "a sender is silent";
    E5306 "messages wait longer than they should";
    E5307 "more messages fail than usual";
    E5308 "messages wait for a person";
    E5309 "senders wait long for their acknowledgment";
    E5310 "deliveries take long";
    E5311 "the disk is slow to sync";
    E5312 "a certificate ends soon";
    E5313 "the quality of what a sender sends is worse";
    E5314 "the clock of a sender is wrong";
    E5315 "a backup is overdue";
    E5316 "a drill is overdue";
    E5320 "there is no such incident";
    E5321 "an act on an incident says too little or too much";
    E5322 "an alert could not be sent";
}
