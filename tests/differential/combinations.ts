/** The command lines on which `open` is compared with VS Code's own remote command line. */

/** One command line, run in the environment that `world.ts` makes. */
export interface Combination {
  readonly args: readonly string[];
  /** The variables set besides the hook variable; `$HERE` is the current folder. */
  readonly env: Readonly<Record<string, string>>;
  /** The text on stdin. */
  readonly stdin?: string;
}

const REMOTE = { VSCODE_CLI_AUTHORITY: "ssh-remote+box" };

const OPERANDS: readonly (readonly string[])[] = [
  [],
  ["a"],
  ["b", "a"],
  ["sub"],
  ["a", "sub", "b"],
  ["sub", "other"],
  ["new.ts"],
  ["a:3"],
  ["a:3:7", "b"],
  ["literal:12"],
  ["literal:12:5"],
  ["a", "b", "base", "result"],
  ["link"],
  ["with space", "50%"],
  ["--", "-x"],
];

const MODES: readonly (readonly string[])[] = [[], ["-g"], ["-d"], ["-m"], ["-a"], ["--remove"]];

const LONG_MODES = ["--goto", "--diff", "--merge", "--add"];

const WINDOWS: readonly (readonly string[])[] = [
  ["-r"],
  ["-n"],
  ["-rn"],
  ["--reuse-window"],
  ["--new-window", "-g"],
];

const REMOTES: readonly (readonly string[])[] = [
  ["--remote", "ssh-remote+other"],
  ["--remote=wsl+Debian"],
  ["--remote=local"],
  ["--remote", "false"],
  ["--remote="],
  ["--remote"],
  ["--remote", "x", "--remote", "y"],
];

/** Names that are hard to read, or hard to write as a URI. */
const NAMES: readonly string[] = [
  "./a",
  "../work/a",
  "$HERE/a",
  "sub/../a",
  "sub/",
  "a/",
  "no/such/new.ts",
  "link/f",
  "dangling",
  "ünï-日本",
  "a%20b",
  "what?",
  "c#",
  "back\\slash",
  'quo"te',
  "semi;colon&amp",
  "tab\there",
  "line\nbreak",
  " leading",
  "007",
  "1e3",
  "true",
  "",
  " ",
  "/dev/null",
  "pipe",
  "/dev/stdin",
  "/dev/fd/0",
  "+12",
  "file://$HERE/a",
  "https://example.org/",
  "vscode://file/a",
  "a:",
  ":3",
  "a:3:",
  "a:0",
  "a:x",
  "a:3:text",
];

const URIS: readonly (readonly string[])[] = [
  ["--file-uri", "file:///x/y%20z"],
  ["--file-uri=file:///x", "--file-uri=file:///y", "a"],
  ["--folder-uri", "file:///x"],
  ["--folder-uri=vscode-remote://wsl+Debian/home", "a"],
  ["--folder-uri", "vscode-remote://box/x", "--file-uri", "untitled:y", "-n"],
  ["--file-uri", "not-a-uri"],
  ["--file-uri="],
  ["-g", "--file-uri", "file:///x:3"],
  ["-d", "--file-uri", "file:///x", "a"],
];

/** Actions other than opening files. */
const ACTIONS: readonly (readonly string[])[] = [
  ["--status"],
  ["-s"],
  ["-s", "a"],
  ["--list-extensions"],
  ["--list-extensions", "--show-versions"],
  ["--list-extensions", "--category", "themes"],
  ["--list-extensions", "--category="],
  ["--show-versions"],
  ["--category", "themes", "a"],
  ["--install-extension", "a.b"],
  ["--install-extension", "a.b", "--install-extension=c.d@1.2.3"],
  ["--install-extension", "a.b", "--force"],
  ["--install-extension", "./x.vsix"],
  ["--install-extension", "$HERE/X.VSIX"],
  ["--install-extension="],
  ["--uninstall-extension", "a.b"],
  ["--install-extension", "a.b", "--uninstall-extension", "c.d", "--list-extensions"],
  ["--install-extension", "a.b", "--do-not-include-pack-dependencies"],
  ["--update-extensions"],
  ["--list-extensions", "--status"],
  ["--version"],
  ["-v"],
  ["--version", "a"],
  ["--openExternal", "https://example.org/"],
  ["--openExternal", "https://example.org", "http://localhost:8080/a?b=c#d"],
  ["--openExternal", "a"],
  ["--openExternal", "missing.html"],
  ["--openExternal", "mailto:ann@example.org"],
  ["--openExternal", "vscode://x/y"],
  ["--openExternal", "http://a b/"],
  ["--openExternal", "HTTP://Example.org"],
  ["--openExternal"],
  ["--openExternal", "--status", "https://example.org/"],
  ["--locate-shell-integration-path", "bash"],
  ["--locate-shell-integration-path=zsh"],
  ["--locate-shell-integration-path", "nosuch"],
  ["--locate-shell-integration-path"],
  ["tunnel"],
  ["serve-web"],
];

const NOT_CARRIED: readonly (readonly string[])[] = [
  ["--disable-extensions", "a"],
  ["--disable-extensions", "--", "a"],
  ["a", "--disable-extensions"],
  ["a", "--disable-gpu", "-r"],
  ["--user-data-dir", "/x", "a"],
  ["--user-data-dir=/x", "a"],
  ["--profile", "work", "a"],
  ["--profile=work", "a"],
  ["--enable-features=X", "a"],
  ["--disable-features=X,Y", "a"],
  ["--enable-features", "X", "a"],
  ["--locale", "de", "a"],
  ["--log", "trace", "a"],
  ["--no-sandbox", "a"],
  ["--transient", "--", "a"],
  ["--wait", "--skip-add-to-recently-opened", "--", "a"],
  ["--sync=off", "a"],
  ["--extensions-dir", "/x", "--new-window", "a"],
  ["--inspect-extensions=9229", "a"],
  ["--telemetry"],
  ["--add-mcp", "{}"],
  ["--no-such-option", "a"],
  ["--no-such-option=x", "a"],
  ["-z", "a"],
];

const FLAG_FORMS: readonly (readonly string[])[] = [
  ["--no-goto", "a:3"],
  ["-g", "--no-goto", "a:3"],
  ["--diff=true", "a", "b"],
  ["--diff=false", "a", "b"],
  ["--goto", "true", "a:3"],
  ["-gr", "a:3"],
  ["-rg", "a:3"],
  ["-dr", "a", "b"],
  ["-gn", "--", "a:3"],
  ["a", "-r"],
  ["a", "-r", "b", "-g"],
  ["-r", "-r", "a"],
  ["-d", "-m", "a", "b"],
  ["-a", "-d", "sub", "other"],
  ["-a", "--remove", "sub"],
  ["--add", "a"],
  ["--add", "gone"],
  ["--remove", "gone"],
  ["--", "a", "-r"],
  ["a", "--", "b", "--", "c"],
];

const STDIN: readonly (readonly string[])[] = [
  ["-"],
  ["-", "-r"],
  ["a", "-"],
  ["-", "a"],
  ["-d", "-", "a"],
  ["-d", "a", "-"],
  ["-", "-"],
  ["-g", "-"],
  ["-w", "-"],
  ["--", "-"],
  [],
  ["-c"],
  ["--stdin-to-clipboard"],
  ["--stdin-to-clipboard", "--status"],
  ["/dev/stdin"],
];

/** All combinations, each once, in a fixed order. */
export function combinations(): Combination[] {
  const all: Combination[] = [];
  const add = (args: readonly string[], rest: Omit<Combination, "args"> = { env: {} }) =>
    all.push({ args, ...rest });
  for (const mode of MODES) for (const operands of OPERANDS) add([...mode, ...operands]);
  for (const mode of LONG_MODES) {
    for (const operands of [["a", "b"], ["sub", "other"], ["a", "b", "base", "result"]]) {
      add([mode, ...operands]);
    }
  }
  for (const operands of OPERANDS) add(["-g", ...operands], { env: REMOTE });
  for (const operands of OPERANDS) {
    for (const windows of WINDOWS) add([...windows, ...operands]);
  }
  for (const wait of ["-w", "--wait"]) {
    for (const mode of [[], ["-g"], ["-d"], ["-n"]]) {
      for (const operands of [[], ["a"], ["a", "b"], ["sub"], ["sub", "a:3"]]) {
        add([wait, ...mode, ...operands]);
      }
    }
  }
  for (const remote of REMOTES) {
    for (const operands of [[], ["-r"], ["-n", "--", "sub"]]) add([...remote, ...operands]);
    add(["a", ...remote], { env: REMOTE });
  }
  for (const name of NAMES) {
    add([name]);
    add(["-g", "--", name], { env: REMOTE });
  }
  for (const uris of URIS) {
    add(uris);
    add(uris, { env: REMOTE });
  }
  for (const args of [...ACTIONS, ...NOT_CARRIED, ...FLAG_FORMS]) add(args);
  for (const args of STDIN) add(args, { env: {}, stdin: "piped\n" });
  for (const PWD of ["$HERE/../linked-work", "$HERE/sub", "/no/such"]) {
    for (const args of [["a"], ["sub"], ["-g", "a:3"]]) add(args, { env: { PWD } });
  }
  return unique(all);
}

function unique(all: readonly Combination[]): Combination[] {
  return [...new Map(all.map((one) => [nameOf(one), one])).values()];
}

/** A combination as one line. */
export function nameOf({ args, env, stdin }: Combination): string {
  const settings = Object.entries(env).map(([name, value]) => `${name}=${value} `).join("");
  const input = stdin === undefined ? "" : ` <<< ${JSON.stringify(stdin)}`;
  return `${settings}open ${args.map((arg) => JSON.stringify(arg)).join(" ")}${input}`;
}
