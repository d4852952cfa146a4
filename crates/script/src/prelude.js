// What a script sees, made once for each thread, then frozen. `native` holds the functions of Rust.
// Promises: nothing that a script can reach from here keeps a value from one message to the next.
(function (native) {
  "use strict";

  const { apply, ownKeys, getOwnPropertyDescriptor, getPrototypeOf } = Reflect;
  const { freeze, defineProperty } = Object;
  const isArray = Array.isArray;
  const global = globalThis;

  // Only these names are left. What is not here is not there: eval, timers, shared memory, weak references.
  const KEPT = ["Object", "Array", "String", "Number", "Boolean", "Symbol", "Math", "JSON", "RegExp", "Date", "Map",
    "Set", "Iterator", "Error", "TypeError", "RangeError", "SyntaxError", "ReferenceError", "EvalError", "URIError",
    "AggregateError", "InternalError", "Reflect", "parseInt", "parseFloat", "isNaN", "isFinite", "encodeURIComponent",
    "decodeURIComponent", "encodeURI", "decodeURI", "undefined", "NaN", "Infinity", "globalThis"];
  const kinds = [
    function () {}, async function () {}, function* () {}, async function* () {}, () => {}, async () => {},
  ];
  for (const key of ownKeys(global)) {
    if (!KEPT.includes(key)) delete global[key];
  }

  const refuse = (what) => { throw new TypeError(what); };
  const replace = (of, name, value) =>
    defineProperty(of, name, { value, writable: true, enumerable: false, configurable: true });

  // Code is what stands in the file, and nothing is made of texts while it runs.
  const noCode = function Function() { refuse("a script cannot make code from a text"); };
  noCode.prototype = getPrototypeOf(refuse);
  replace(global, "Function", noCode);
  for (const kind of kinds) {
    replace(getPrototypeOf(kind), "constructor", noCode);
  }
  // They would keep a function of one script, and run it in the error of another.
  delete Error.prepareStackTrace;
  delete Error.stackTraceLimit;
  delete Error.captureStackTrace;
  delete Symbol.for;
  delete Symbol.keyFor;

  // Built-ins that go through a list of any length without a look at the time: bounded before they begin.
  const ITEMS_MAX = 1_000_000;
  const WORK_MAX = 134_217_728;
  const bounded = (list) => {
    if (typeof list !== "object" || list === null) return;
    const own = getOwnPropertyDescriptor(list, "length");
    const length = own === undefined ? 0 : own.value;
    if (own !== undefined && !("value" in own) || length > ITEMS_MAX) {
      throw new RangeError("a list of more than 1000000 items");
    }
  };
  const guard = (of, names, check) => {
    for (const name of names) {
      const original = of[name];
      if (typeof original !== "function") continue;
      const guarded = { [name](...given) { check(this, given); return apply(original, this, given); } }[name];
      replace(of, name, guarded);
    }
  };
  const onLists = (self, given) => {
    bounded(self);
    for (let at = 0; at < given.length; at++) if (isArray(given[at])) bounded(given[at]);
  };
  guard(Array.prototype, ["concat", "copyWithin", "every", "fill", "filter", "find", "findIndex", "findLast",
    "findLastIndex", "flat", "flatMap", "forEach", "includes", "indexOf", "join", "lastIndexOf", "map", "reduce",
    "reduceRight", "reverse", "shift", "slice", "some", "sort", "splice", "toLocaleString", "toReversed", "toSorted",
    "toSpliced", "toString", "unshift", "with"], onLists);
  delete Array.fromAsync;
  const nothing = () => {};
  guard(Array, ["from"], (self, given) => bounded(given[0]));
  guard(JSON, ["stringify"], (self, given) => bounded(given[1]));
  guard(String, ["raw"], (self, given) => bounded(given[0] === null || given[0] === undefined ? null : given[0].raw));
  // A search for a long text in a long text takes as many looks as both are long, multiplied.
  guard(String.prototype, ["indexOf", "lastIndexOf", "includes", "split", "replace", "replaceAll"], (self, given) => {
    const what = given[0];
    if (typeof self === "string" && typeof what === "string" && self.length * what.length > WORK_MAX) {
      throw new RangeError("a search for so long a text in so long a text");
    }
  });
  const walked = (name, bound) => {
    const original = Iterator.prototype[name];
    if (original === undefined) return;
    replace(Iterator.prototype, name, { [name](count) {
      if (count > bound) throw new RangeError("a list of more than 1000000 items");
      return apply(original, this, [count]);
    } }[name]);
  };
  walked("drop", ITEMS_MAX);
  walked("take", ITEMS_MAX);
  // Sets and maps read what they are made of themselves; here each item is a step that is counted.
  const gathered = (Native, add) => {
    const Made = { [Native.name]: function (items) {
      if (new.target === undefined) refuse("it is made with `new`");
      const made = Reflect.construct(Native, [], new.target);
      if (items !== undefined && items !== null) for (const item of items) add(made, item);
      return made;
    } }[Native.name];
    Made.prototype = Native.prototype;
    if (Native.groupBy !== undefined) replace(Made, "groupBy", Native.groupBy);
    replace(Native.prototype, "constructor", Made);
    replace(global, Native.name, Made);
  };
  const addToSet = Set.prototype.add, setInMap = Map.prototype.set;
  gathered(Set, (set, item) => apply(addToSet, set, [item]));
  gathered(Map, (map, item) => apply(setInMap, map, [item[0], item[1]]));

  // Dates are of UTC everywhere, so that a plan does not depend on where the machine stands.
  const NativeDate = Date;
  const parseDate = NativeDate.parse, utc = NativeDate.UTC;
  const parse = (text) => {
    const zoned = parseDate(`${text}Z`);
    return zoned === zoned ? zoned : parseDate(text);
  };
  const noClock = "a script has no clock: `allow clock` gives it the moment at which the message came";
  const now = () => {
    const moment = native.now();
    return moment === undefined ? refuse(noClock) : moment;
  };
  const ScriptDate = function Date(...given) {
    if (new.target === undefined) return new ScriptDate().toString();
    let moment;
    if (given.length === 0) moment = now();
    else if (given.length > 1) moment = apply(utc, undefined, given);
    else {
      const one = given[0] instanceof NativeDate ? given[0].getTime() : given[0];
      moment = typeof one === "string" ? parse(one) : Number(one);
    }
    return Reflect.construct(NativeDate, [moment], new.target);
  };
  ScriptDate.prototype = NativeDate.prototype;
  replace(NativeDate.prototype, "constructor", ScriptDate);
  replace(ScriptDate, "UTC", utc);
  replace(ScriptDate, "parse", { parse(text) { return parse(`${text}`); } }.parse);
  replace(ScriptDate, "now", { now() { return now(); } }.now);
  for (const part of ["FullYear", "Month", "Date", "Day", "Hours", "Minutes", "Seconds", "Milliseconds"]) {
    for (const verb of ["get", "set"]) {
      const original = NativeDate.prototype[`${verb}UTC${part}`];
      if (original !== undefined) replace(NativeDate.prototype, `${verb}${part}`, original);
    }
  }
  const rfc = NativeDate.prototype.toUTCString;
  replace(NativeDate.prototype, "getTimezoneOffset", { getTimezoneOffset() { return 0; } }.getTimezoneOffset);
  for (const name of ["toString", "toLocaleString", "toDateString", "toLocaleDateString", "toTimeString",
    "toLocaleTimeString"]) {
    replace(NativeDate.prototype, name, { [name]() { return apply(rfc, this, []); } }[name]);
  }
  delete NativeDate.prototype.getYear;
  delete NativeDate.prototype.setYear;
  replace(global, "Date", ScriptDate);

  const noChance = "a script has no chance: `allow random` gives it numbers that are the same for the same message";
  replace(Math, "random", { random() {
    const number = native.random();
    return number === undefined ? refuse(noChance) : number;
  } }.random);

  // The message.
  const place = (path) => typeof path === "number" ? `${path}` :
    typeof path === "string" ? path : refuse("a path is a text such as \"PID-5.1\"");
  const content = (value) => {
    if (value === null || typeof value === "string") return value;
    if (typeof value === "number" && value === value && value !== Infinity && value !== -Infinity) return `${value}`;
    return refuse("a value is a text, a number, null for \"delete what you have\", or \"\" for nothing");
  };
  const written = (value) => isArray(value) ? (bounded(value), value.map(content)) : content(value);
  const id = (segment) => typeof segment === "string" ? segment : refuse("a segment is three letters such as \"OBX\"");

  class Segment {
    #at;
    constructor(handle) { this.#at = handle; freeze(this); }
    get id() { return native.id(this.#at); }
    get number() { return native.number(this.#at); }
    get(path) { return native.get(this.#at, place(path)); }
    all(path) { return native.all(this.#at, place(path)); }
    has(path) { return native.get(this.#at, place(path)) !== ""; }
    set(path, value) { native.set(this.#at, place(path), written(value)); return this; }
    remove(path) { native.remove(this.#at, path === undefined ? "" : place(path)); return this; }
    insertAfter(segment) { return new Segment(native.insert(id(segment), this.#at, true)); }
    insertBefore(segment) { return new Segment(native.insert(id(segment), this.#at, false)); }
  }
  const segments = (segment) =>
    native.segments(segment === undefined ? "" : id(segment)).map((handle) => new Segment(handle));
  const msg = {
    get(path) { return native.get(-1, place(path)); },
    all(path) { return native.all(-1, place(path)); },
    has(path) { return native.get(-1, place(path)) !== ""; },
    set(path, value) { native.set(-1, place(path), written(value)); return msg; },
    remove(path) { native.remove(-1, place(path)); return msg; },
    segments(segment) { return segments(segment); },
    each(segment, act) {
      if (typeof act !== "function") refuse("`each` takes a segment and a function: msg.each(\"OBX\", obx => …)");
      for (const one of segments(segment)) act(one);
      return msg;
    },
    append(segment) { return new Segment(native.insert(id(segment), -1, true)); },
    drop(reason) { native.end("drop", reason === undefined ? "" : `${reason}`); },
    park(reason) { native.end("park", reason === undefined ? "" : `${reason}`); },
    get raw() { return native.raw(); },
  };
  const row = (name, code, column) => native.row(name, typeof code === "number" ? `${code}` :
    code === null ? "" : typeof code === "string" ? code : refuse("a code is a text"), column);
  class Table {
    #name;
    constructor(name) { this.#name = name; freeze(this); }
    get(code, column) { return row(this.#name, code, column === undefined ? "to" : `${column}`); }
    has(code) { return row(this.#name, code, "") !== undefined; }
  }
  const table = { table(name) {
    native.table(typeof name === "string" ? name : refuse("the name of a code table is a text"));
    return new Table(name);
  } }.table;
  const log = { log(...given) { native.log(given.map((one) => typeof one === "string" ? one :
    typeof one === "object" && one !== null ? JSON.stringify(one) : `${one}`).join(" ")); } }.log;

  // Everything that can be reached is frozen, prototypes that no name leads to included.
  const seen = new Map();
  const queue = [global, msg, table, log, Segment, Table, NativeDate, noCode, ...kinds.map(getPrototypeOf)];
  const samples = [[].values(), new Map().values(), new Set().values(), "".matchAll(/a/g), ""[Symbol.iterator](),
    (function* () {})(), (async function* () {})(), [].values().map(nothing), Iterator.from({ next() {} }),
    (function () { return arguments; })(), /a/, new Error(""),
    (async function () {})()];
  if (typeof Iterator.concat === "function") samples.push(Iterator.concat());
  if (typeof Iterator.zip === "function") samples.push(Iterator.zip([]));
  if (typeof Iterator.zipKeyed === "function") samples.push(Iterator.zipKeyed({}));
  for (const one of samples) {
    for (let up = getPrototypeOf(one); up !== null; up = getPrototypeOf(up)) queue.push(up);
  }
  queue.push(getOwnPropertyDescriptor(samples[9], "callee").get);
  while (queue.length > 0) {
    const one = queue.pop();
    if ((typeof one !== "object" && typeof one !== "function") || one === null || seen.has(one)) continue;
    seen.set(one, true);
    if (one !== global) freeze(one);
    const up = getPrototypeOf(one);
    if (up !== null) queue.push(up);
    for (const key of ownKeys(one)) {
      const own = getOwnPropertyDescriptor(one, key);
      if ("value" in own) queue.push(own.value);
      else queue.push(own.get, own.set);
    }
  }
  freeze(global);
  return { msg, table, log };
})
