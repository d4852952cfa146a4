//! The error codes of the connectors, E6xxx: E60xx sockets and settings, E61xx mllp, E62xx file, E63xx http,
//! E64xx interface.

message::catalogue! {
    E6001 "the address cannot be used";
    E6002 "the port cannot be opened";
    E6003 "the destination cannot be reached";
    E6004 "too many connections at one listener";
    E6005 "too many connections from one peer";
    E6006 "no more file handles for new connections";
    E6007 "the connection broke after the message was sent";
    E6008 "the connection broke before the message was sent";
    E6009 "a connection ended by a fault in Sinew";
    E6010 "a setting cannot be used";
    E6011 "the peer did not take the answer";
    E6012 "stopping cut a connection off";
    E6020 "no file handle to spare for another connection";
    E6021 "the peer vanished";
    E6101 "bytes outside a frame";
    E6102 "a frame broke off";
    E6103 "a frame took too long";
    E6104 "a frame is larger than the limit";
    E6105 "a frame is not written as the standard says";
    E6106 "no reply in time";
    E6107 "replies came, but none to this message";
    E6108 "a reply cannot be read";
    E6109 "the peer could not commit the message";
    E6110 "the message cannot be framed";
    E6111 "the application acknowledgment did not come in time";
    E6112 "a batch in a file is not whole";
    E6113 "the sequence number cannot be kept";
    E6114 "a message that cannot have a sequence number";
    E6115 "the partner does not say which sequence number it expects";
    E6116 "the partner expects another sequence number";
    E6201 "the folder cannot be used";
    E6202 "the file is larger than the limit";
    E6203 "the file was refused";
    E6204 "the disk is full";
    E6205 "the file could not be put away";
    E6206 "the file could not be read";
    E6207 "the file could not be written";
    E6301 "a request that this address does not take";
    E6302 "a request is larger than the limit";
    E6303 "a request took too long";
    E6304 "the server cannot take the message now";
    E6305 "the server refused the message";
    E6306 "TLS is not available yet";
    E6307 "the server's answer cannot be read";
    E6308 "a request is not HTTP";
    E6309 "a request broke off";
    E6401 "the next interface is not running";
    E6402 "the message crossed too many interfaces";
}
