//! The error codes of the running engine: E50xx intake and pipeline, E51xx delivery, E52xx acts of a person.

message::catalogue! {
    E5001 "the frame is not an HL7 v2 message";
    E5002 "the store has no room for new messages";
    E5003 "the store has failed and the engine is stopping";
    E5004 "the interface is not taking messages now";
    E5005 "a step of the interface failed on this message";
    E5006 "a step of the interface stopped unexpectedly";
    E5007 "the message has too many destinations";
    E5008 "the frame is larger than the interface allows";
    E5009 "the message went through too many interfaces";
    E5010 "the source of an interface could not be opened";
    E5011 "the destination of an interface could not be opened";
    E5012 "a delivery waits for a destination that no longer exists";
    E5013 "a delivery ended without success, and the sender waits for it";
    E5014 "the deliveries did not end in the time that the sender waits";
    E5015 "the message was rejected because it is not valid";
    E5016 "the message is not valid and waits for a person";
    E5017 "the message has issues and went on";
    E5030 "a batch is not whole";
    E5031 "a part of a message waits for the others";
    E5032 "the parts of a message cannot be joined";
    E5033 "a message has no sequence number";
    E5034 "messages before this one are missing";
    E5035 "a sequence number was taken before";
    E5036 "a frame holds too many messages";
    E5040 "what a sender sends has become worse";
    E5041 "a sender sends something new";
    E5042 "an alert on quality is open";
    E5043 "some messages were not counted";
    E5044 "a message cannot be split into parts";
    E5050 "a lookup was not answered in time";
    E5051 "a lookup gave an answer that cannot be read";
    E5052 "a message asks too many lookups";
    E5060 "a message waits for those that belong to it";
    E5061 "messages cannot be joined";
    E5070 "an answer waits for the interface that takes it";
    E5071 "an interface refused the answer of a destination";
    E5090 "too many watch the engine at once";
    E5091 "the condition of a tap cannot be read";
    E5101 "the destination refused the message";
    E5102 "the destination's answer cannot be read";
    E5103 "the stored bytes of a delivery cannot be read";
    E5201 "there is no such interface, destination or message";
    E5202 "the delivery is not in a state for this";
}
