/** The differences between `open` and VS Code's remote command line, each with what `open` does. */
import type { Combination } from "./combinations.ts";
import type { Outcome } from "./world.ts";

/** One call, as both programs performed it. */
export interface Compared {
  readonly combination: Combination;
  readonly theirs: Outcome;
  readonly ours: Outcome;
}

/** An intended difference; docs/protocols.md explains it under its name. */
export interface Difference {
  readonly name: string;
  /** Whether the two programs treat the call differently. */
  applies(compared: Compared): boolean;
  /** Whether `open` did what it should in this case. */
  isRight(compared: Compared): boolean;
}

type Message = Readonly<Record<string, unknown>>;

const message = ({ messages }: Outcome): Message => messages[0] ?? {};
const uris = (outcome: Outcome, kind: "fileURIs" | "folderURIs" | "uris" = "fileURIs") =>
  (message(outcome)[kind] ?? []) as readonly string[];
const has = ({ combination }: Compared, ...args: string[]) =>
  combination.args.some((arg) => args.includes(arg));
const matches = ({ combination }: Compared, pattern: RegExp) =>
  combination.args.some((arg) => pattern.test(arg));
const sameUris = ({ theirs, ours }: Compared) =>
  JSON.stringify(uris(theirs)) === JSON.stringify(uris(ours)) &&
  JSON.stringify(uris(theirs, "folderURIs")) === JSON.stringify(uris(ours, "folderURIs"));

/** A mistake on the command line: no message is sent. */
const isRefused = ({ ours }: Compared) => ours.code === 2 && ours.messages.length === 0;
/** An action that cannot be performed: no message is sent. */
const hasFailed = ({ ours }: Compared) => ours.code === 1 && ours.messages.length === 0;

function countIsWrong({ combination, theirs }: Compared): boolean {
  const { diffMode, mergeMode, addMode } = message(theirs);
  const count = uris(theirs).length + uris(theirs, "folderURIs").length;
  if (combination.args.includes("--remove") && combination.args.length === 1) return true;
  return (diffMode === true && count !== 2) || (mergeMode === true && count !== 4) ||
    (addMode === true && count === 0);
}

/** Their URI is ours followed by a line, or by more. */
function extendsOurs({ theirs, ours }: Compared): boolean {
  const [a, b] = [uris(theirs), uris(ours)];
  return a.length === b.length && a.every((uri, at) => uri.startsWith(b[at]!));
}

export const DIFFERENCES: readonly Difference[] = [
  {
    name: "options that cannot be used together",
    applies: (call) =>
      [["-d", "--diff"], ["-m", "--merge"], ["-a", "--add"], ["--remove"]]
        .filter((names) => has(call, ...names)).length > 1,
    isRight: isRefused,
  },
  {
    name: "--wait without a file",
    applies: (call) => has(call, "-w", "--wait") && call.theirs.messages.length === 0,
    isRight: isRefused,
  },
  {
    name: "stdin twice",
    applies: (call) => call.combination.args.join() === "-,-",
    isRight: isRefused,
  },
  {
    name: "input without an operand",
    applies: ({ combination }) => combination.stdin !== undefined && combination.args.length === 0,
    isRight: isRefused,
  },
  { name: "wrong number of files", applies: countIsWrong, isRight: isRefused },
  {
    name: "files with --add",
    applies: ({ theirs }) => message(theirs).addMode === true && uris(theirs).length > 0,
    isRight: isRefused,
  },
  {
    name: "--remove",
    applies: (call) => has(call, "--remove"),
    isRight: (call) =>
      isRefused(call) ||
      (message(call.ours).removeMode === true && uris(call.ours).length === 0 &&
        uris(call.ours, "folderURIs").length > 0),
  },
  {
    name: "the editor's own tasks",
    applies: (call) => matches(call, /^--(?:update-ext|locate-shell|telemetry|add-mcp)/),
    isRight: hasFailed,
  },
  {
    name: "unknown options",
    applies: (call) => matches(call, /^(?:--no-such|-z)/),
    isRight: isRefused,
  },
  {
    name: "flags before a file",
    applies: (call) => call.combination.args.join() === "--disable-extensions,a",
    isRight: ({ ours }) => uris(ours).join() === "file://$HERE/a",
  },
  {
    name: "values of flags",
    applies: (call) => matches(call, /^--diff=/) || has(call, "true"),
    isRight: (call) => isRefused(call) || uris(call.ours).includes("file://$HERE/true"),
  },
  {
    name: "empty values",
    applies: (call) => matches(call, /^--(?!remote).*=$/),
    isRight: isRefused,
  },
  { name: "invalid URIs", applies: (call) => has(call, "not-a-uri"), isRight: isRefused },
  {
    name: "invalid URLs",
    applies: (call) =>
      has(call, "--openExternal") &&
      (call.combination.args.length === 1 || has(call, "missing.html", "http://a b/")),
    isRight: isRefused,
  },
  {
    name: "URLs of any scheme",
    applies: (call) => has(call, "--openExternal") && matches(call, /^(?:mailto:|HTTP:)/),
    isRight: ({ ours }) => /^(?:mailto:|http:\/\/)/.test(uris(ours, "uris").join()),
  },
  { name: "empty operands", applies: (call) => has(call, ""), isRight: isRefused },
  {
    name: "blanks around a name",
    applies: (call) => has(call, " ", " leading"),
    isRight: ({ ours }) => uris(ours).every((uri) => /\/%20(?:leading)?$/.test(uri)),
  },
  {
    name: "unusable operands",
    applies: (call) => has(call, "pipe", "link/f"),
    isRight: hasFailed,
  },
  {
    name: "streams by name",
    applies: (call) => matches(call, /^\/dev\/(?:stdin|fd\/0)$/),
    isRight: ({ ours }) => uris(ours).length === 1 && uris(ours)[0]!.endsWith("$STREAM"),
  },
  {
    name: "position of stdin",
    applies: ({ combination, theirs, ours }) =>
      combination.args.includes("-") &&
      JSON.stringify(uris(theirs).toReversed()) === JSON.stringify(uris(ours)),
    isRight: ({ combination, ours }) =>
      uris(ours)[combination.args.filter((arg) => !/^-./.test(arg)).indexOf("-")] ===
        "file://$STREAM",
  },
  {
    // A +12 without a file; before a file it is that file's line.
    name: "+LINE",
    applies: (call) => has(call, "+12"),
    isRight: (call) => has(call, "--") ? uris(call.ours)[0]!.endsWith("/+12") : isRefused(call),
  },
  {
    name: "file URIs",
    applies: (call) => has(call, "file://$HERE/a"),
    isRight: ({ ours }) =>
      uris(ours).length === 1 && uris(ours)[0]!.endsWith("$HERE/a") &&
      !uris(ours)[0]!.includes("file:$HERE"),
  },
  {
    name: "URLs as files",
    applies: (call) => !has(call, "--openExternal") && matches(call, /^(?:https|vscode):\/\//),
    isRight: isRefused,
  },
  {
    name: "PWD of another folder",
    applies: ({ combination }) => combination.env.PWD !== undefined,
    isRight: ({ ours }) =>
      [...uris(ours), ...uris(ours, "folderURIs")].every((uri) => uri.startsWith("file://$HERE/")),
  },
  {
    name: "names that look like lines",
    applies: (call) => matches(call, /^(?:literal:|a:$|:3$)/),
    isRight: (call) => extendsOurs(call) && message(call.ours).gotoLineMode === undefined,
  },
  {
    name: "line without -g",
    applies: (call) => uris(call.theirs).some((uri) => /:[0-9]+(?::|$)/.test(uri)),
    isRight: (call) =>
      message(call.ours).gotoLineMode === true && (sameUris(call) || extendsOurs(call)),
  },
];
