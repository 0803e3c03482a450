// The warm node of `stoke --lang node`: it starts once and answers item after item. node_text.js is its second part.
//
// It runs in `node -e BOOT stoke worker SLOT` (see language.go), with its orders as JSON in the variable STOKE_LANG_SETUP:
//     {"code": .., "init": .., "exit": .., "args": [[name, value], ..], "item_type": "text|json|bytes", "slot": n, "concurrency": k,
//      "mark_json": bool}
//
// It speaks "escaped lines" on private copies of fd 0 and 1: in a line, a backslash is `\\` and a newline is `\n`.
//     it writes  \ready      init is done, items may come; "\ready mute" where CODE can never give an answer
//     it writes  \?TEXT      the user's text is at fault and will stay so; it exits with status 120
//     it reads   \#SEQ       the number of the next item, from 1; later ones count up
//     it reads   ITEM        one line an item
//     it writes  ANSWER      one line an item, in the order of the items
//     it writes  \=JSON      an answer that is JSON, not text; only with mark_json
//     it writes  \!TEXT      instead of an answer: CODE threw TEXT, and behind a byte 0x1e where
// At the end of its input it runs the exit code and leaves with status 0.
//
// fd 0 is /dev/null and fd 1 a copy of stderr for whatever else runs here: it can neither eat items nor forge answers.
"use strict";
// The user's text and --arg may put something of their own in the place of these.
const { Buffer, Error, JSON, Math, Number, Object, Promise, RegExp, String, SyntaxError, TypeError, Uint8Array } = globalThis;
const { process, require, setImmediate } = globalThis;
const clock = Date.now;
const [fs, net, util, vm] = ["fs", "net", "util", "vm"].map((name) => require(name));
const { Writable } = require("stream");
const { AsyncLocalStorage } = require("async_hooks");

const PATIENCE = 4; // ms that answers may wait while the next items are worked on
const REFERENCE = /^([\w./@-]+):([A-Za-z_][\w.]*)$/;
const AT_FAULT = 120; // exit status

const setup = JSON.parse(process.env.STOKE_LANG_SETUP);
delete process.env.STOKE_LANG_SETUP;
delete process.env.STOKE_LANG_RUNNER;
process.argv.splice(1); // the rest is for who looks at processes
const texts = { CODE: setup.code, "--init": setup.init || "", "--exit": setup.exit || "" };
const compiledTexts = { ...texts }; // the same as it is compiled
const RETURN = "return (";
let returned = null; // where that was put into CODE: [line, column], both from 1

// node has no dup, but opening /dev/fd/N does it. What is opened gets the lowest number that is free.
const itemsFd = fs.openSync("/dev/fd/0", "r");
const answersFd = fs.openSync("/dev/fd/1", "a");
fs.closeSync(0);
fs.openSync("/dev/null", "r");
fs.closeSync(1);
fs.openSync("/dev/fd/2", "a");

// ---- bytes and strings: what is not UTF-8 travels as lone surrogates, U+DC80 to U+DCFF, one for each byte

const SEQUENCE = new RegExp(
  "[\xc2-\xdf][\x80-\xbf]|\xe0[\xa0-\xbf][\x80-\xbf]|[\xe1-\xec\xee\xef][\x80-\xbf]{2}|\xed[\x80-\x9f][\x80-\xbf]|" +
    "\xf0[\x90-\xbf][\x80-\xbf]{2}|[\xf1-\xf3][\x80-\xbf]{3}|\xf4[\x80-\x8f][\x80-\xbf]{2}|([\x80-\xff])",
  "g"
);
const STRAY = /([\udc80-\udcff])/u;
let strays = false; // whether there have been any

function decode(bytes) {
  const text = bytes.toString();
  if (!text.includes("\ufffd")) return text;
  strays = true;
  return bytes
    .toString("latin1")
    .replace(SEQUENCE, (sequence, stray) =>
      stray ? String.fromCharCode(0xdc00 + stray.charCodeAt(0)) : Buffer.from(sequence, "latin1").toString()
    );
}

function encode(text) {
  if (!strays || !STRAY.test(text)) return Buffer.from(text);
  const encoded = (part, i) => (i % 2 ? Buffer.of(part.charCodeAt(0) - 0xdc00) : Buffer.from(part));
  return Buffer.concat(text.split(STRAY).map(encoded));
}

const escape = (text) => (text.includes("\n") || text.includes("\\") ? text.replace(/\\/g, "\\\\").replace(/\n/g, "\\n") : text);
const unescape = (line) => line.replace(/\\(.)/g, (_, c) => (c === "n" ? "\n" : c));

// ---- writing

const ready = Buffer.allocUnsafeSlow(1 << 17); // answers to be written
const SHORT = 64; // characters of an answer that is copied one by one: to call into node takes longer
let filled = 0; // bytes in ready
let due = 0; // when they must be written, if an item is at work then

function flush() {
  if (filled === 0) return;
  const n = filled;
  filled = 0;
  writeAll(ready.subarray(0, n));
  due = clock() + PATIENCE;
}

function writeAll(bytes) {
  try {
    for (let at = 0; at < bytes.length; ) at += fs.writeSync(answersFd, bytes, at);
  } catch (error) {
    process.reallyExit(1); // nobody wants answers any more
  }
}

// Puts a line, escaped as it must be, among those to be written.
function put(line) {
  const plain = !strays && 3 * line.length < ready.length;
  const bytes = plain ? null : encode(line + "\n");
  const most = plain ? 3 * line.length + 1 : bytes.length;
  if (filled + most > ready.length) flush();
  if (most > ready.length) return writeAll(bytes);
  if (!plain) return void (filled += bytes.copy(ready, filled));
  filled += ready.utf8Write(line, filled);
  ready[filled++] = 10;
}

// Puts a string that may have to be escaped.
function putText(text) {
  if (text.length >= SHORT) return put(escape(text));
  let end = filled;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code > 127 || code === 10 || code === 92) return put(escape(text));
    ready[end++] = code;
  }
  ready[end++] = 10;
  filled = end;
}

const complain = (data) => process.stderr.write(data);

// ---- printing

const printed = []; // by the item at work, as Buffers
let printing = null; // that, or null where no item is at work: what is left from an earlier one may print at any time
const printings = setup.concurrency > 1 ? new AsyncLocalStorage() : null; // the same where several are

class Printed extends Writable {
  write(data, encoding, done) {
    if (typeof encoding === "function") [encoding, done] = [undefined, encoding];
    const list = printings ? printings.getStore() : printing;
    const bytes = typeof data !== "string" ? Buffer.from(data) : encoding ? Buffer.from(data, encoding) : encode(data);
    if (list && !list.answered) list.push(bytes);
    else complain(bytes);
    if (done) process.nextTick(done);
    return true;
  }
  end(data, ...rest) {
    if (data && typeof data !== "function") this.write(data, ...rest);
    return this;
  }
}

const stdout = Object.assign(new Printed(), { fd: 1 });
Object.defineProperty(process, "stdout", { configurable: true, enumerable: true, get: () => stdout });

// ---- values

// Turns what CODE gave into an answer, escaped, and marked where JSON is to be told from text. list is what it printed; it is emptied.
function answer(value, list) {
  if (value === undefined) return escape(decode(Buffer.concat(list.splice(0))).replace(/\n$/, ""));
  if (typeof value === "string") return escape(value);
  if (value instanceof Uint8Array) return escape(decode(Buffer.from(value.buffer, value.byteOffset, value.length)));
  if (typeof value === "number" && !Number.isFinite(value)) throw new TypeError(`CODE gives ${value}, which is not JSON`);
  const text = typeof value === "bigint" ? String(value) : JSON.stringify(value);
  if (text === undefined) throw new TypeError(`CODE gives a ${typeof value}, which is neither text nor JSON`);
  return (setup.mark_json ? "\\=" : "") + escape(text);
}

const BEHIND = "\x1e"; // stands between what an error says and where that was
const OURS = /^ +at .*(\[eval\]|node:internal|node:vm|node:net|node:events)/;

// Gives the line that stands for the answer to an item on which CODE threw: what, and behind a mark where.
function failure(thrown) {
  const { what, code, stack } = told(thrown);
  if (setup.item_type === "json" && /\n +at JSON\.parse \(<anonymous>\)\n.*\[eval\]/.test(shown(() => String(thrown.stack))))
    return "\\!" + escape(`not JSON: ${thrown.message}`);
  const where = [...code, ...stack].slice(0, 12).join("\n").slice(0, 4000);
  return "\\!" + escape(what.slice(0, 1000).replace(/\x1e/g, "?") + BEHIND + where);
}

// ---- items

// So many bytes, about, become a string at once: V8 copies those in use again and again, and takes more memory for it.
const PIECE = 1 << 13;
let pieces = []; // of a line that is not complete
let lines = "", next = 0; // whole lines that came, and where the next of them begins
let backslash = -1; // where the first one from next on is; before next if that has to be looked up
let seq = 0; // of the last item that started
const row = []; // items that started and are not written, oldest first, if any had to wait: {text}, null until it is answered
let running = 0; // how many of them wait
let resting = false; // whether rest is due, once the promises have had their turn
let ended = false; // whether the last item came

let checked = 0; // when it was last seen to that no answer waits too long
let unchecked = 0; // how many items may start before it is the next time
let quick = 0; // how many times in a row no time to speak of had passed

const plainNumbers = !setup.mark_json; // they are answers as they are
let work; // (item, seq) => value or promise
let input, finished;

function arrived(chunk) {
  const end = chunk.lastIndexOf(10);
  if (end < 0) return void pieces.push(Buffer.from(chunk));
  const whole = chunk.subarray(0, end + 1);
  const bytes = pieces.length ? Buffer.concat([...pieces, whole]) : whole;
  pieces = end + 1 < chunk.length ? [Buffer.from(chunk.subarray(end + 1))] : [];
  for (let at = 0, to; at < bytes.length; at = to) {
    to = bytes.length - at > PIECE ? bytes.indexOf(10, at + PIECE) + 1 : bytes.length;
    take(bytes.subarray(at, to));
  }
  rest();
}

// Takes whole lines.
function take(bytes) {
  const text = setup.item_type === "bytes" ? bytes.latin1Slice() : decode(bytes);
  lines = next < lines.length ? lines.slice(next) + text : text;
  next = 0;
  backslash = -1;
  proceed();
}

// Gives work another type of items.
function convertItems() {
  const inner = work;
  if (setup.item_type === "json") work = (line, seq) => inner(JSON.parse(line), seq);
  if (setup.item_type === "bytes") work = (line, seq) => inner(Buffer.from(line, "latin1"), seq);
}

// Starts items for as long as it may.
function proceed() {
  printing = printed;
  checked = clock();
  if (filled === 0) due = checked + PATIENCE; // the first of these answers has not waited yet
  while (next < lines.length && running < setup.concurrency) {
    if (backslash < next) {
      const at = lines.indexOf("\\", next);
      backslash = at < 0 ? Infinity : at;
    }
    const before = next;
    if (row.length === 0 && !printings) sprint();
    if (next === before) step();
    if (--unchecked <= 0) check();
  }
  if (running === 0) printing = null;
}

// Works on items without a backslash for as long as nothing special comes of them. Small numbers are written right here:
// what a hot function calls is compiled again into each of its callers, and that takes longer than the items.
function sprint() {
  try {
    while (next < lines.length) {
      const stop = lines.indexOf("\n", next);
      if (stop > backslash) return;
      const line = lines.slice(next, stop);
      next = stop + 1;
      const value = work(line, ++seq);
      if (printing.length > 0) return settle(value, printing);
      if (filled + SHORT > ready.length) flush();
      if (typeof value === "number" && plainNumbers && (value | 0) === value && value >= 0) {
        let end = filled + 1;
        for (let most = 10; most <= value; most *= 10) end++;
        filled = end + 1;
        ready[end] = 10;
        let left = value;
        do {
          const rest = (left / 10) | 0;
          ready[--end] = 48 + left - 10 * rest;
          left = rest;
        } while (left > 0);
      } else if (typeof value === "string") putText(value);
      else return settle(value, printing);
      if (--unchecked <= 0) check();
    }
  } catch (error) {
    deliver(failure(error), printing);
  }
}

// Takes one line, whatever it is.
function step() {
  const end = lines.indexOf("\n", next);
  const line = lines.slice(next, end);
  next = end + 1;
  if (backslash > end) start(line);
  else if (line.startsWith("\\#")) seq = Number(line.slice(2)) - 1;
  else start(unescape(line));
}

// Writes what is due. To ask for the time costs more than a quick item: after many quick ones, only each sixteenth asks.
function check() {
  const now = clock(); // it may be set back
  quick = now === checked ? quick + 1 : 0;
  unchecked = quick > 100 ? 16 : 1;
  checked = now;
  if (now > due || now < due - PATIENCE) flush();
}

// Writes what there is, and sees to what comes next.
function rest() {
  resting = false;
  flush();
  if (next < lines.length) input.pause();
  else input.resume();
  if (ended && running === 0) finished();
}

// Works on one item, to its end unless it waits.
function start(line) {
  const list = printings ? [] : printing;
  seq++;
  try {
    settle(printings ? printings.run(list, work, line, seq) : work(line, seq), list);
  } catch (error) {
    deliver(failure(error), list);
  }
}

// Makes an answer of what CODE gave, at once or when it is there.
function settle(value, list) {
  if (value && typeof value.then === "function") wait(value, list);
  else deliver(answer(value, list), list);
}

function deliver(text, list) {
  spill(list);
  if (row.length) row.push({ text });
  else put(text);
}

// Sends to stderr what an item printed beside its value. What it prints later goes there, too.
function spill(list) {
  if (list.length) complain(Buffer.concat(list.splice(0)));
  if (list !== printed) list.answered = true;
}

// Keeps a place for an item that waits.
function wait(promise, list) {
  const place = { text: null };
  row.push(place);
  running++;
  const done = (give, of) => {
    try {
      place.text = give(of, list);
    } catch (error) {
      place.text = failure(error);
    }
    running--;
    spill(list);
    advance();
    proceed();
    if (running === 0) return rest(); // no other answer can come with this one
    if (!resting) setImmediate(rest);
    resting = true;
  };
  Promise.resolve(promise).then((value) => done(answer, value), (error) => done(failure, error));
}

// Moves the answers that are complete from the row to what is written next.
function advance() {
  let done = 0;
  while (done < row.length && row[done].text !== null) put(row[done++].text);
  row.splice(0, done);
}

function serve() {
  if (fs.fstatSync(itemsFd).isFIFO()) { // one buffer for all that is read: arrived copies what it keeps
    const onread = { buffer: Buffer.allocUnsafeSlow(1 << 16), callback: (n, buffer) => (arrived(buffer.subarray(0, n)), next >= lines.length) };
    input = new net.Socket({ fd: itemsFd, readable: true, writable: false, onread });
    input.resume();
  } else {
    input = fs.createReadStream(null, { fd: itemsFd });
    input.on("data", arrived);
  }
  const end = new Promise((resolve) => (finished = resolve));
  input.on("end", () => {
    ended = true;
    rest();
  });
  return end;
}
