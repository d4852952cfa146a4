//! The error codes of the control API and the commands.

message::catalogue! {
    E7001 "no engine runs on this workspace";
    E7002 "the search query cannot be read";
    E7003 "the act needs a reason and a confirmation";
    E7004 "the request is not understood";
    E7005 "the control socket cannot be opened";
    E7016 "the quality of messages is not counted";
    E7020 "no place or no recipient for backups is set up";
    E7021 "the drill found that the backup would not do";
    E7040 "the clock of the machine was set";
    E7050 "the store is being examined already";
    E7060 "nobody is signed in";
    E7061 "the roles do not allow this";
    E7062 "the request is too large";
    E7063 "there is no such place or method in the API";
    E7064 "too many requests";
    E7065 "the request was made by another site";
    E7066 "the server is not known by that name";
    E7067 "the HTTP listener cannot be opened";
    E7068 "the sign-in was refused";
    E7069 "a second factor is needed";
    E7070 "the token is not valid";
    E7071 "the password is too weak";
    E7072 "there is no such user, role, key or session";
    E7073 "it is there already, or was changed meanwhile";
    E7074 "somebody has to be administrator";
    E7075 "a second person has to approve";
    E7077 "the second factor could not be set up";
    E7080 "a grant, role or name is not understood";
    E7081 "the request did not come in time";
    E7250 "the tests of an interface could not be run";
    E7400 "the interface has no map of this name";
    E7401 "the map has errors and was not kept";
    E7402 "the file was changed meanwhile, or cannot be written";
    E7403 "the test cannot be kept";
    E7404 "the search cannot be shared";
    E7430 "the history of the workspace cannot be used";
    E7431 "there is no earlier version to go back to";
    E7300 "a client was turned away in the TLS handshake";
    E7301 "messages travel unencrypted";
    E7302 "the authority of the house cannot be used";
    E7303 "a certificate ends soon, or has ended";
    E7304 "there is no secret of that name";
    E7310 "the provider of sign-ins does not answer as it should";
    E7311 "a sign-in by the provider was refused";
}
