//! The error codes of interfaces and workspaces: E30xx files, E31xx lines, E32xx what does not fit together, E33xx tests.

message::catalogue! {
    E3001 "there is no workspace here";
    E3002 "the workspace file cannot be read";
    E3003 "a setting of the workspace is wrong";
    E3004 "a file cannot be read";
    E3005 "the environment file cannot be used";
    E3006 "the environment names something that is not there";
    E3007 "two interfaces have the same name";
    E3008 "the workspace holds too many files";
    E3009 "the folder and its interface have different names";
    E3010 "a file holds no interface";
    E3101 "a word that is not known here";
    E3102 "a line is not complete";
    E3103 "a word may stand only once";
    E3104 "a word that comes with a later release";
    E3105 "too much on the line";
    E3106 "a connector that is not known";
    E3107 "the connector does not work in this direction";
    E3108 "a setting that the connector does not know";
    E3109 "a value does not fit its setting";
    E3110 "the address does not fit the connector";
    E3111 "an interface receives nothing";
    E3112 "a destination without a connector";
    E3113 "two destinations have the same name";
    E3114 "a name that cannot be used";
    E3115 "a file of the interface is not there";
    E3116 "a block is missing or does not belong here";
    E3117 "a secret or a variable is not set";
    E3118 "a reply or an action that is not known";
    E3201 "two interfaces listen on the same port";
    E3202 "interfaces feed one another in a circle";
    E3203 "the next interface is not there";
    E3204 "nobody owns the interface";
    E3205 "messages cross the network in the clear";
    E3206 "a destination that no test looks at";
    E3207 "a drop that no test looks at";
    E3208 "a condition that can never hold";
    E3209 "an interface sends nothing anywhere";
    E3210 "an interface that nothing feeds";
    E3211 "lanes and order contradict each other";
    E3301 "a line of a test that is not known";
    E3302 "a sample is not there";
    E3303 "a test names a destination that is not there";
    E3304 "a test that cannot fail";
    E3305 "two tests have the same name";
    E3306 "a test does not say which interface it is for";
}
