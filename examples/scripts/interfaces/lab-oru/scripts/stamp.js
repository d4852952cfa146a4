// When the message came, to the second: the same when it is replayed.
const digits = new Date().toISOString().replace(/\D/g, "").slice(0, 14);
msg.set("ZRS-3", digits);
