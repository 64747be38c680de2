/** The arrows of docs/architecture.md, against the imports of the sources. */
import { assertEquals } from "@std/assert";
import { dirname, join, relative, resolve } from "@std/path";

const root = resolve(import.meta.dirname!, "..");
const source = join(root, "src");

interface Import {
  /** The importing file, below src. */
  readonly file: string;
  /** What it imports, below src. */
  readonly target: string;
}

function importsOfAll(directory = source): Import[] {
  return [...Deno.readDirSync(directory)].flatMap((entry) => {
    const path = join(directory, entry.name);
    if (entry.isDirectory) return importsOfAll(path);
    if (!entry.name.endsWith(".ts") || entry.name === "ambient.d.ts") return [];
    return [...codeOf(path).matchAll(/(?:\bfrom|\bimport\(|\bimport)\s*"(\.[^"]+)"/g)].map((
      [, path],
    ) => ({
      file: relative(source, join(directory, entry.name)),
      target: relative(source, join(directory, path!)),
    }));
  });
}

/** A file without its comments: what they show is not done. */
function codeOf(path: string): string {
  return Deno.readTextFileSync(path).replaceAll(/^\s*(?:\*|\/\/|\/\*).*$/gm, "");
}

const top = (path: string) => path.includes("/") ? path.slice(0, path.indexOf("/")) : "";
const imports = importsOfAll();

/** What every folder may use. */
const base = ["http", "platform"];

/** The table of who uses whom, without {@link base}. */
function documented(): Record<string, string[]> {
  const text = Deno.readTextFileSync(join(root, "docs/architecture.md"));
  const table = /\| folder +\| uses[^]*?\n\n/.exec(text)![0];
  const rows = [...table.matchAll(/^\| `([a-z_]+)` +\| ([^|]*)\|/gm)];
  return Object.fromEntries(
    rows.map(([, folder, uses]) => [
      folder!,
      [...uses!.matchAll(/`([a-z_]+)`/g)].map(([, name]) => name!).sort(),
    ]),
  );
}

Deno.test("folders use the folders that the architecture says, and no others", () => {
  const uses: Record<string, Set<string>> = {};
  for (const { file, target } of imports) {
    const [from, to] = [top(file), top(target)];
    if (["", "commands", ...base].includes(from)) continue;
    const set = uses[from] ??= new Set();
    if (to !== from && !base.includes(to) && /^[a-z]/.test(to)) set.add(to);
  }
  const actual = Object.fromEntries(
    Object.entries(uses).map(([folder, set]) => [folder, [...set].sort()]),
  );
  assertEquals(actual, documented());
});

Deno.test("only the entry imports the commands, and platform imports no other folder but errors", () => {
  const wrong = imports.filter(({ file, target }) =>
    (top(target) === "commands" && top(file) !== "commands") ||
    (top(file) === "platform" && top(target) !== "platform") ||
    (top(file) === "http" && !base.includes(top(target)))
  );
  assertEquals(wrong.filter(({ target }) => top(target) !== ""), []);
});

Deno.test("no imports form a circle, types included", () => {
  const targets = Map.groupBy(imports, ({ file }) => file);
  const done = new Set<string>();
  const circles: string[] = [];
  const visit = (file: string, above: readonly string[]) => {
    const at = above.indexOf(file);
    if (at >= 0) circles.push([...above.slice(at), file].join(" -> "));
    if (at >= 0 || done.has(file)) return;
    for (const { target } of targets.get(file) ?? []) visit(target, [...above, file]);
    done.add(file);
  };
  for (const file of targets.keys()) visit(file, []);
  assertEquals(circles, []);
});

Deno.test("no export changes later, because the compiled program copies the exports of its script", () => {
  const changing = [...new Set(imports.map(({ target }) => target))].filter((target) =>
    /^export let\b/m.test(codeOf(join(source, target)))
  );
  assertEquals(changing, []);
});

Deno.test("other folders import only a folder's mod.ts, except for parts that load late", () => {
  const late = new Set([
    // Kept apart from their folder's face so that short commands do not load them.
    "http/server/websocket.ts",
    "platform/own_program.ts",
    "platform/processes.ts",
    "platform/survive_errors.ts",
  ]);
  const wrong = imports.filter(({ file, target }) => {
    if (top(target) === top(file) || target.startsWith("../")) return false;
    if (top(target) === "" || target.startsWith("platform/ffi/")) return false;
    return !target.endsWith("/mod.ts") && !late.has(target);
  });
  assertEquals(wrong.map(({ file, target }) => `${file} -> ${target}`), []);
});

/** The names that a file declares and exports. */
function declaredIn(file: string): string[] {
  const pattern =
    /^export (?:async |abstract )*(?:function\*?|class|interface|type|const|let) +(\w+)/gm;
  return [...codeOf(join(source, file)).matchAll(pattern)].map(([, name]) => name!);
}

Deno.test("an exported name is declared in one file, apart from functions that load it late", () => {
  const files = new Set(imports.flatMap(({ file, target }) => [file, target]));
  const places = Map.groupBy(
    [...files].filter((file) => file.endsWith(".ts") && !file.startsWith("../"))
      .flatMap((file) => declaredIn(file).map((name) => ({ name, file }))),
    ({ name }) => name,
  );
  // Each subcommand exports its definition under this name.
  places.delete("command");
  const declaredTwice = [...places].map(([name, found]) => {
    const own = found.filter(({ file }) =>
      !file.endsWith("/mod.ts") ||
      found.every((other) => top(other.file) !== top(file) || other.file === file)
    );
    return { name, files: own.map(({ file }) => file).sort() };
  }).filter(({ files }) => files.length > 1);
  assertEquals(declaredTwice, []);
});

/** The files whose code matches, below src. */
function filesWith(pattern: RegExp): string[] {
  return [...new Set(imports.map(({ file }) => file))]
    .filter((file) => pattern.test(codeOf(join(source, file))))
    .sort();
}

Deno.test("Unix sockets are connected to, and folders made, only where owners are checked", () => {
  // peer_process.ts sends nothing: it asks whose process listens. The fleet's engine is asked by
  // fetch, after connectOwned has looked at the socket.
  const connecting = filesWith(/Deno\.connect\(\{ transport: "unix"|createHttpClient/);
  assertEquals(connecting, [
    "fleet/engine/http.ts",
    "platform/ffi/peer_process.ts",
    "platform/owned_connection.ts",
  ]);
  assertEquals(filesWith(/Deno\.mkdir/), [
    "platform/private_directory.ts",
    "platform/write_place.ts",
  ]);
});

/** The code of all files that may import from src, by their paths below the root. */
function codeOfAll(directory: string): [file: string, code: string][] {
  return [...Deno.readDirSync(join(root, directory))].flatMap((entry) => {
    const path = `${directory}/${entry.name}`;
    if (entry.isDirectory) return entry.name === "node_modules" ? [] : codeOfAll(path);
    return /\.[jt]s$/.test(entry.name) ? [[path, codeOf(join(root, path))]] : [];
  });
}

/** The names that a file exports, except types that its own declarations need. */
function exportedBy(file: string, code: string): string[] {
  const declared = declaredIn(relative("src", file)).filter((name) =>
    !new RegExp(`^export (?:interface|type) ${name}\\b`, "m").test(code) ||
    code.match(new RegExp(`\\b${name}\\b`, "g"))!.length === 1
  );
  const passedOn = [...code.matchAll(/^export (?:type )?\{([^}]*)\}/gm)]
    .flatMap(([, names]) => names!.match(/\w+(?=\s*(?:,|$))/g) ?? []);
  return [...declared, ...passedOn];
}

/** Values that only tests import: they check rules over many inputs, or replace a part of a test. */
const ONLY_FOR_TESTS = [
  "src/desktop/watch.ts: DesktopTracker",
  // The checks of `doctor` without the command's own output.
  "src/doctor/mod.ts: runChecks",
  "src/editor/file_uri.ts: windowsFileUri",
  "src/fleet/engine/watch.ts: readMessage",
  // The client half of a stream that the product only serves.
  "src/ipc/streams/websocket_stream.ts: WebSocketStream",
  "src/platform/ffi/libc.ts: fileLimit",
  // Lets a test end the process behind a connection.
  "src/platform/ffi/libc.ts: isUnixConnection",
  // What files systems other than Linux have.
  "src/platform/ffi/process_files.ts: RuntimeFiles",
  "src/platform/processes.ts: parseProcessStat",
  "src/relay/config.ts: isLoopback",
  "src/relay/credentials/name_patterns.ts: hostMatches",
  "src/relay/listen/plain_http.ts: plainHttpAnswer",
  // Tells whether the runtime that runs the tests supports client certificates.
  "src/relay/start.ts: knowsClients",
  "src/relay/workers/workers.ts: shareOf",
];

Deno.test("every export is used elsewhere, and a folder's mod.ts exports only what others use", () => {
  const directories = ["src", "tests", "examples", "scripts", "extension"];
  const files = new Map(directories.flatMap(codeOfAll));
  files.delete("tests/architecture_test.ts");
  files.set("main.ts", codeOf(join(root, "main.ts")));
  const users = new Map<string, string[]>();
  for (const [file, code] of files) {
    for (const word of new Set(code.match(/\w+/g))) {
      users.set(word, [...users.get(word) ?? [], file]);
    }
  }
  const types = new Set(
    [...files.values()].flatMap((code) =>
      [...code.matchAll(/^export (?:interface|type) (\w+)/gm)].map(([, name]) => name!)
    ),
  );
  const unused: string[] = [];
  const onlyForTests: string[] = [];
  for (const [file, code] of files) {
    if (!file.startsWith("src/") || file === "src/mod.ts") continue;
    const folder = file.endsWith("/mod.ts") ? dirname(file) : undefined;
    for (const name of exportedBy(file, code)) {
      // Each subcommand exports its definition under this name.
      if (name === "command") continue;
      const fromMod = new RegExp(`\\{[^{}]*\\b${name}\\b[^{}]*\\}\\s*[^;{}]*"[./]+/mod\\.ts"`);
      const others = users.get(name)!.filter((other) =>
        other !== file &&
        (!folder || !other.startsWith(`${folder}/`) || fromMod.test(files.get(other)!))
      );
      if (others.length === 0) unused.push(`${file}: ${name}`);
      else if (!types.has(name) && others.every((other) => other.startsWith("tests/"))) {
        onlyForTests.push(`${file}: ${name}`);
      }
    }
  }
  assertEquals(unused, []);
  assertEquals(onlyForTests.sort(), ONLY_FOR_TESTS);
});
