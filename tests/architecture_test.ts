/** The arrows of docs/architecture.md, against the imports of the sources. */
import { assertEquals } from "@std/assert";
import { join, relative, resolve } from "@std/path";

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
