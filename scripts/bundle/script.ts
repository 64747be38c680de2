/**
 * Turns the chunks of the counted commands into one classic script. V8 can skip the parsing and
 * compiling of a script whose code cache its embedder brings along, and `vm.Script` passes such a
 * cache on. The runtime has no such way for modules, except for a cache in the temporary directory.
 *
 * A module with the name of each chunk remains, so other chunks import from it as before. Because
 * these modules copy the exports, an export must not change after its chunk was evaluated.
 */
import { type Chunks, exportedNames, STATIC_IMPORT } from "./chunks.ts";

/** The file of the script. It is not a module, so it is not named like one. */
export const SCRIPT = "program.txt";
/** The file of V8's code cache for the script. */
export const CODE_CACHE = "program.cache";
/** The script of the chunks that load late, and its code cache. */
export const LATE_SCRIPT = "late.txt";
export const LATE_CODE_CACHE = "late.cache";

/** Evaluates a member when it is first needed, like a module. */
const ONCE = "const once=f=>{let v;return()=>v??=f()};";
const DYNAMIC_IMPORT = /\bimport\((?="(?:\.\/|node:))/g;
/** The rest of an import in a form that this module does not know. */
const UNKNOWN_IMPORT = /\bimport(?:\.meta\b|[({*"]| [\w$]+ from")/;

/** The chunks that become members of the script. */
export interface Members {
  /** The program's first file. Its module loads the script, and runs the code of its chunk. */
  readonly entry: string;
  /** The other chunks of the first script. */
  readonly names: readonly string[];
  /** The chunks of the second script, which is read when the first of them is needed. */
  readonly late: readonly string[];
}

/**
 * Moves chunks into a script.
 *
 * @param isCached Whether the program contains the code cache.
 * @returns the chunks, with modules in place of the members, and the scripts.
 * @throws {Error} if a member uses `import.meta`, a static import of something other than a member,
 * or a default export.
 */
export function intoScript(
  chunks: Chunks,
  { entry, names, late }: Members,
  isCached: boolean,
): Map<string, string> {
  const moduleOf = (name: string, importing: string, members: string): [string, string] => [
    name,
    `import{${importing}}from"./${entry}";` +
    `export const{${exportedNames(chunks.get(name)!)}}=${members}[${key(name)}]();`,
  ];
  const memberOf = (name: string) => `${key(name)}:once(()=>{${bodyOf(chunks, name)}})`;
  const members = names.map(memberOf);
  members.push(...late.map((name) => `${key(name)}:()=>late()[${key(name)}]()`));
  // At each call, because the process that produces the code cache runs several command lines.
  members.push(`${key(entry)}:async Deno=>{${bodyOf(chunks, entry)}}`);
  return new Map([
    ...chunks,
    ...names.map((name) => moduleOf(name, "members", "members")),
    ...late.map((name) => moduleOf(name, "late", "late()")),
    [entry, entryModule(entry, isCached)],
    [SCRIPT, scriptOf("load,late", members)],
    [LATE_SCRIPT, scriptOf("load,first", ["__proto__:first", ...late.map(memberOf)])],
  ]);
}

/** A script whose value is a function from these parameters to the members. */
function scriptOf(parameters: string, members: readonly string[]): string {
  return `((${parameters})=>{"use strict";${ONCE}` +
    `const members={${members.join(",\n")}};return members})`;
}

/** The property of a member: the specifier that imports it. */
function key(name: string): string {
  return `"./${name}"`;
}

function evaluated(name: string): string {
  return `members[${key(name)}]()`;
}

/**
 * The module that loads the script. It does not await the program, because chunks that import from
 * it would wait for that. Where another module imports it, as in a worker, the program does not run.
 */
function entryModule(entry: string, isCached: boolean): string {
  const cachedData = isCached ? "cachedData:Deno.readFileSync(at+cache)," : "";
  return `import{Script}from"node:vm";const at=import.meta.dirname+"/";` +
    "const read=(text,cache,name)=>new Script(Deno.readTextFileSync(at+text),{" +
    `${cachedData}filename:at+name});` +
    "const load=async name=>members[name]?.()??await import(name);" +
    "export let lateScript;let lateMembers;" +
    "export const late=()=>lateMembers??=" +
    `(lateScript=read("${LATE_SCRIPT}","${LATE_CODE_CACHE}","late.js"))` +
    ".runInThisContext()(load,members);" +
    `export const script=read("${SCRIPT}","${CODE_CACHE}","program.js");` +
    "export const members=script.runInThisContext()(load,late);" +
    `globalThis[Symbol.for("sessionctl.codeCache")]=!script.cachedDataRejected;` +
    `if(import.meta.main)members[${key(entry)}](Deno);`;
}

/** A chunk's code as the body of a function that returns the exports. */
function bodyOf(chunks: Chunks, name: string): string {
  const text = chunks.get(name)!;
  const code = text
    .replaceAll(
      STATIC_IMPORT,
      (_, list: string, from: string) =>
        `const{${list.replaceAll(" as ", ":")}}=${evaluated(from)}`,
    )
    .replaceAll(DYNAMIC_IMPORT, "load(")
    .replace(/\bexport\{([^}]*)\};?\s*$/, (_, list: string) => `return{${propertiesOf(list)}}`);
  const unknown = UNKNOWN_IMPORT.exec(code);
  if (unknown) {
    const place = code.slice(Math.max(0, unknown.index - 40), unknown.index + 60);
    throw new Error(`${name} imports in a way that a script cannot: ${place}`);
  }
  if (exportedNames(text).includes("default")) throw new Error(`${name} has a default export`);
  return code;
}

/** Turns the list of an `export` into the properties of an object. */
function propertiesOf(list: string): string {
  if (list === "") return "";
  return list.split(",").map((part) => {
    const [local, exported = local] = part.split(" as ");
    return `${exported}:${local}`;
  }).join(",");
}
