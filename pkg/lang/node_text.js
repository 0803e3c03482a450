// The second part of the runner of node: the user's text, what it throws, and the life of the worker.

// Gives what was thrown in a line, the line of CODE that threw it, and the rest of its stack, without our own frames.
function told(thrown) {
  const what = shown(() => (thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown)));
  if (!(thrown instanceof Error)) return { what, code: [], stack: [] };
  const [where, number] = place(thrown);
  const code = where ? [`${where}:${number}`, "  " + lineOf(where, number)] : [];
  const all = shown(() => util.inspect(thrown));
  const stack = (all.includes(what) ? all.slice(all.indexOf(what) + what.length) : all).split("\n");
  return { what, code, stack: stack.filter((line) => line && !OURS.test(line)).map(typedPlace) };
}

// Writes what was thrown to stderr.
function show(thrown) {
  const { what, code, stack } = told(thrown);
  complain([...code, what, ...stack].join("\n") + "\n");
}

// Gives what words gives, unless the user's object fails even at that.
function shown(words) {
  try {
    return words();
  } catch (error) {
    return "CODE throws what has no words";
  }
}

// Says where in the user's text something was thrown: [name of the text, line from 1]; or nothing.
function place(thrown) {
  const found = /^ +at .*?(CODE|--init|--exit):(\d+):\d+\)?$/m.exec(shown(() => String((thrown && thrown.stack) || "")));
  return found ? [found[1], Number(found[2])] : [];
}

// Gives a stack as if nothing had been put into CODE.
function typedPlace(stack) {
  return stack.replace(/\bCODE:(\d+):(\d+)/g, (found, line, column) =>
    returned && returned[0] === Number(line) && column > returned[1] ? `CODE:${line}:${column - RETURN.length}` : found
  );
}

const lineOf = (where, number) => texts[where].split("\n")[number - 1] || "";

// ---- the user's text

// Ends the worker: this text would fail at every start.
function atFault(where, what, line) {
  put("\\?" + escape(`${where}: ${what}\n  ${line}`));
  process.exit(AT_FAULT); // and flush
}

// Ends the worker because of a SyntaxError in the text called where.
function atFaultIn(where, error) {
  const last = texts[where].split("\n").length;
  const number = Number((/^.*:(\d+)\n/.exec(error.stack) || [0, last])[1]); // the stack opens with the place
  const past = number > last && error.message.startsWith("Unexpected token"); // it is ours
  const what = past ? "Unexpected end of input" : error.message;
  atFault(`${where}, line ${Math.min(number, last)}`, `SyntaxError: ${what}`, lineOf(where, Math.min(number, last)));
}

// Where an import of init is at fault, ends the worker.
function checkImport(where, error) {
  const missing = /^(ERR_)?MODULE_NOT_FOUND$/.test(error && error.code);
  const broken = error instanceof SyntaxError && /^((?:\/|file:).*:\d+)\n/.exec(error.stack); // a file, not JSON.parse
  if (!missing && !broken) return;
  const what = `${error.name}: ${error.message.split("\n")[0]}`;
  const [in_ = where, number = 1] = place(error);
  if (missing && /\n- .*(?<!\[eval\])$/m.test(error.message)) complain(error.message + "\n"); // which file wants it
  atFault(`${in_}, line ${number}`, broken ? `${broken[1]}: ${what}` : what, lineOf(in_, number));
}

// Ends the worker if a package is missing that CODE would require for each item, unless it may catch that.
function checkRequires() {
  if (/\btry\b/.test(texts.CODE)) return;
  const comment = /\/\/.*|\/\*[^]*?\*\//.source;
  const string = /"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`/.source;
  const call = /(?<![.$\w])require\(\s*(["'])([^"'\n]+)\1\s*\)/.source;
  for (const found of texts.CODE.matchAll(new RegExp(`${call}|${comment}|${string}`, "g"))) {
    if (!found[2]) continue;
    try {
      require.resolve(found[2]);
    } catch (error) {
      const number = texts.CODE.slice(0, found.index).split("\n").length;
      atFault(`CODE, line ${number}`, `Error: Cannot find module '${found[2]}'`, lineOf("CODE", number));
    }
  }
}

// import() in the user's text, relative to the current directory. node calls this experimental, at every start.
const loader = (vm.constants || {}).USE_MAIN_CONTEXT_DEFAULT_LOADER || ((name) => import(name));
const emitWarning = process.emitWarning;
process.emitWarning = (warning, ...rest) => {
  if (!/^vm\.USE_MAIN_CONTEXT/.test(warning)) emitWarning.call(process, warning, ...rest);
};

function script(where, head, tail) {
  const options = { filename: where, columnOffset: -head.length };
  if (/\bimport\b/.test(texts[where])) options.importModuleDynamically = loader;
  return new vm.Script(head + compiledTexts[where] + tail, options);
}

// Tries to compile a text between head and tail, waiting or not. Gives {head, tail, script}, or {error, head}.
function attempt(where, head, tail, waitingHead = "async " + head, waitingTail = tail) {
  const compiled = (head, tail) => {
    try {
      return { head, tail, script: script(where, head, tail) };
    } catch (error) {
      return { head, error };
    }
  };
  const waits = /\bawait\b/.test(texts[where]);
  const plain = compiled(head, tail);
  // Without waiting, `await (x)` is the call of a function.
  if (!waits || (plain.script && !/\bawait\s*[([`+\-/]/.test(texts[where]))) return plain;
  return compiled(waitingHead, waitingTail);
}

// Gives the first of several attempts that compiles. Otherwise the last one says what is wrong.
function firstOf(where, ...attempts) {
  let made;
  for (const one of attempts) if ((made = attempt(where, ...one)).script) return made;
  return atFaultIn(where, made.error);
}

// ---- what CODE gives

const COMMENT = /\/\/.*|\/\*[^]*?\*\//g;
const WRITES = /^\s*process\.stdout\.write\(/; // it gives true
const STATEMENT = /^(\{|(async\s+)?function\b|class\b)/;
const CONTINUES = /^([([`+\-*/.,?:&|=<>%^]|(in|instanceof|of)\b)/; // the line before
const MOST_PLACES = 100;

// Compiles CODE: an expression, or statements. The last one of these is what they give, if it is an expression.
function compileCode() {
  const expression = ["(item, seq) => (", "\n)"], statements = ["(item, seq) => {", "\n}"];
  const code = firstOf("CODE", ...(WRITES.test(texts.CODE) ? [] : [expression]), statements);
  return code.head.endsWith("{") && giveLast(code.head) ? firstOf("CODE", statements) : code;
}

// Puts a return in front of the last expression. There is no parser here, so places are tried from the end: what stands
// before must be whole statements, and what follows an expression. Gives whether there is one.
function giveLast(head) {
  const text = texts.CODE;
  const compiles = (body) => {
    try {
      return new vm.Script(head + body + "\n}");
    } catch (error) {
      return null;
    }
  };
  let end = text.length;
  for (let at = end - 1, places = 0; at >= -1 && places < MOST_PLACES; at--) {
    if (at >= 0 && !";\n}".includes(text[at])) continue;
    places++;
    const tail = text.slice(at + 1, end);
    const bare = tail.replace(COMMENT, "").trim();
    if (bare === "" && text[at] === ";") end = at; // nothing but a comment follows
    if (bare === "" || STATEMENT.test(bare) || WRITES.test(bare) || (text[at] !== ";" && CONTINUES.test(bare))) continue;
    const before = text.slice(0, at + 1);
    if (!compiles(RETURN + tail + "\n)") || !compiles(before) || compiles(before + "@")) continue; // the last is inside of a comment
    const start = before.split("\n");
    returned = [start.length, start.pop().length + 1];
    compiledTexts.CODE = before + RETURN + tail + "\n)" + text.slice(end);
    return true;
  }
  return false;
}

// Whether CODE may give something: it was found to, or returns, or calls what may print.
function speaks(code) {
  if (!code.head.endsWith("{") || returned) return true;
  const silent = /\b(if|for|while|switch|catch|Number|String|Boolean|BigInt|parseInt|parseFloat|(Math|JSON|Object|Array)\.\w+)\s*\(/g;
  return /\breturn\b|[\w$)\]]\s*[(`]|\bnew\b/.test(texts.CODE.replace(COMMENT, "").replace(silent, "; ("));
}

// Finds the function of `module:function`.
async function resolve(where) {
  const [, name, path] = REFERENCE.exec(texts[where]);
  let owner, found;
  try {
    found = owner = await load(name);
  } catch (error) {
    checkImport(where, error);
    throw error;
  }
  for (const key of path.split(".")) {
    const inside = found[key] === undefined && found.default ? found.default : found;
    if (inside[key] === undefined || inside[key] === null) atFault(where, `${name} has no ${path}`, texts[where]);
    [owner, found] = [inside, inside[key]];
  }
  if (typeof found !== "function") atFault(where, `${path} is not a function`, texts[where]);
  return found.bind(owner);
}

// Loads a package, or a file of the current directory whose name may come without ./ in front.
async function load(name) {
  const absent = (error) => error.code === "MODULE_NOT_FOUND" && error.message.includes(`'${name}'`);
  for (const candidate of /^[./]/.test(name) ? [name] : [name, "./" + name]) {
    try {
      return require(candidate);
    } catch (error) {
      if (error.code === "ERR_REQUIRE_ESM") return import(require("url").pathToFileURL(require.resolve(candidate)));
      if (candidate === name && absent(error) && !/^[./]/.test(name)) continue;
      if (candidate !== name && error.code === "MODULE_NOT_FOUND") error.message = error.message.replace(`'${candidate}'`, `'${name}'`);
      throw error;
    }
  }
}

// ---- its life

async function main() {
  const references = Object.keys(texts).filter((where) => REFERENCE.test(texts[where]));
  const compiled = (where, ...attempts) => (references.includes(where) || !texts[where] ? null : firstOf(where, ...attempts));
  const scoped = "\n;return function () { return eval(arguments[0]) }})()";
  const init = compiled("--init", ["", "", "(async () => {", scoped]);
  const code = references.includes("CODE") ? null : compileCode();
  const exit = compiled("--exit", ["(async () => {", "\n})()", "(async () => {", "\n})()"]);

  const args = Object.fromEntries(setup.args || []);
  for (const [name, value] of Object.entries({ ...args, slot: setup.slot })) // some of node's own can only be replaced
    Object.defineProperty(globalThis, name, { value, writable: true, enumerable: true, configurable: true });
  let scope = null; // evaluates a text where it sees what init defined, if that is not global
  try {
    if (references.includes("--init")) await (await resolve("--init"))(args);
    else if (init) scope = init.head ? await init.script.runInThisContext() : void init.script.runInThisContext();
  } catch (error) {
    checkImport("--init", error);
    throw error;
  }
  const run = (where, { head, tail, script }) =>
    scope ? scope(head + compiledTexts[where] + tail + `\n//# sourceURL=${where}`) : script.runInThisContext();

  if (code) work = run("CODE", code);
  else {
    const called = await resolve("CODE");
    work = (item) => called(item);
  }
  if (code) checkRequires();
  const leave = references.includes("--exit") && (await resolve("--exit"));
  put(code && !speaks(code) ? "\\ready mute" : "\\ready");
  flush();
  convertItems();
  await serve();
  fs.closeSync(answersFd); // that there will be no more answers shows in their end
  if (leave) await leave();
  else if (exit) await run("--exit", exit);
  await new Promise((resolve) => setImmediate(resolve)); // a rejection that nobody handles ends node with status 1
  process.exit(0);
}

process.on("exit", flush);
// Nothing is left that could happen, and yet it is not over.
process.on("beforeExit", () => {
  complain("stoke: node has nothing left to do, but something is awaited that never comes\n");
  process.exit(1);
});
main().catch((error) => {
  show(error);
  process.exit(1);
});
