//! The codes of this crate, each with its page in `docs/errors/`.

message::catalogue! {
    E4001 "the data directory is in use";
    E4002 "the disk is full";
    E4003 "too much is waiting to be written";
    E4004 "the store stopped";
    E4005 "no such message";
    E4006 "bytes on disk are damaged";
    E4007 "the master key does not fit";
    E4008 "a store setting is wrong";
    E4009 "the store has another format version";
    E4010 "the system refused a store operation";
    E4011 "too large for the store";
    E4012 "this change is not possible now";
    E4013 "the store is closed";
    E4014 "the master key cannot be exchanged now";
    E4020 "the database cannot be reached";
    E4021 "the database is not set to survive a power cut";
    E4022 "another engine holds the database";
    E4023 "the database refused a store operation";
    E4040 "the backup repository cannot be read or written";
    E4041 "a file of a backup is damaged";
    E4042 "a file of a backup is missing";
    E4043 "the key does not open the backup";
    E4044 "a backup setting is wrong";
    E4045 "the folder to restore into is not empty";
    E4046 "there is no such backup";
    E4047 "another backup is being made";
    E4048 "the backup has another format version";
    E4049 "the backups are of another store";
    E4050 "the chain of backups is broken";
    E4080 "the counts do not add up";
    E4081 "a message has a change that is not possible";
    E4082 "the attempts of a delivery are not numbered one by one";
    E4083 "a delivery went out before an older one of its key";
    E4084 "a delivery was tried after its end";
    E4085 "what waits is not what the log says";
    E4086 "recovery would give another state";
    E4087 "a text about a message holds its content";
    E4088 "an acknowledgment was given that is not allowed";
    E4089 "the audit chain is broken";
    E4090 "a record of the accounts is damaged";
}
