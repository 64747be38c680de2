/**
 * A stand-in for the module `vscode`, as far as the extension uses it. `extension_host.cjs` puts it
 * in the module's place, and `control` lets the test act as the page and the person.
 */
const { EventEmitter: Emitter } = require("node:events");
const fs = require("node:fs");
const path = require("node:path");

class EventEmitter {
  constructor() {
    this.emitter = new Emitter();
    this.emitter.setMaxListeners(0);
    this.event = (listener, thisArg) => {
      const bound = (value) => listener.call(thisArg, value);
      this.emitter.on("fire", bound);
      return { dispose: () => this.emitter.removeListener("fire", bound) };
    };
  }
  fire(value) {
    this.emitter.emit("fire", value);
  }
  dispose() {
    this.emitter.removeAllListeners();
  }
}

class Uri {
  constructor(parts) {
    Object.assign(
      this,
      { scheme: "file", authority: "", path: "", query: "", fragment: "" },
      parts,
    );
  }
  static file(file) {
    return new Uri({ path: path.posix.normalize(file) });
  }
  static parse(text) {
    const parts = /^([^:]+):(?:\/\/([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#(.*))?$/.exec(text);
    if (!parts) throw new Error(`not a URI: ${text}`);
    const [, scheme, authority = "", name, query = "", fragment = ""] = parts;
    return new Uri({ scheme, authority, path: decodeURIComponent(name), query, fragment });
  }
  get fsPath() {
    return this.path;
  }
  with(change) {
    return new Uri({ ...this, ...change });
  }
  toString() {
    const encoded = this.path.split("/").map(encodeURIComponent).join("/");
    return `${this.scheme}:${
      this.scheme === "file" || this.authority ? `//${this.authority}` : ""
    }${encoded}`;
  }
}

class Position {
  constructor(line, character) {
    Object.assign(this, { line, character });
  }
}

class Range {
  constructor(a, b, c, d) {
    const of = typeof a === "number";
    this.start = of ? new Position(a, b) : a;
    this.end = of ? new Position(c, d) : b;
  }
  get isEmpty() {
    const { start, end } = this;
    return start.line === end.line && start.character === end.character;
  }
}

class TabInputText {
  constructor(uri) {
    this.uri = uri;
  }
}
class TabInputTextDiff {
  constructor(original, modified) {
    Object.assign(this, { original, modified });
  }
}
class FileSystemError extends Error {
  constructor(code) {
    super(code);
    this.code = code;
  }
}

/** The state that the page would hold. */
const page = {
  /** Whether a page is there: without one nothing that needs it is answered. */
  present: true,
  focused: false,
  trusted: true,
  folders: [],
  workspaceFile: undefined,
  name: undefined,
  settings: {},
  tabs: [],
  documents: new Map(),
  active: undefined,
  diagnostics: [],
  clipboard: "",
  calls: [],
  variables: {},
  refusedFolderChanges: 0,
};
const events = Object.fromEntries(
  ["windowState", "activeEditor", "selection", "saved", "folders", "tabs", "trust"]
    .map((name) => [name, new EventEmitter()]),
);

/** What the page has not answered: it does when it is back. */
const unanswered = [];
const fromPage = (value) =>
  page.present
    ? Promise.resolve(value)
    : new Promise((resolve) => unanswered.push(() => resolve(value)));

function documentOf(uri) {
  const key = uri.toString();
  if (!page.documents.has(key)) {
    page.documents.set(key, {
      uri,
      languageId: "plaintext",
      isDirty: false,
      getText: () => fs.readFileSync(uri.path, "utf8"),
      validateRange: (range) => range,
    });
  }
  return page.documents.get(key);
}

function showTab(input) {
  const tab = { input, label: "", isActive: true };
  page.tabs.push(tab);
  events.tabs.fire({ opened: [tab], closed: [], changed: [] });
}

function editorOf(uri, selection) {
  const document = documentOf(uri);
  const editor = {
    document,
    selection: selection ?? new Range(0, 0, 0, 0),
    revealRange: (range, how) => page.calls.push(["revealRange", range, how]),
  };
  page.active = editor;
  events.activeEditor.fire(editor);
  return editor;
}

const commands = {
  "vscode.open": (uri, options) => {
    showTab(new TabInputText(uri));
    editorOf(uri, options?.selection);
  },
  "vscode.diff": (left, right) => showTab(new TabInputTextDiff(left, right)),
  "_open.mergeEditor": () => showTab(undefined),
  "test.echo": (...args) => ({ args }),
};
/** Commands that only leave a trace. */
const silent = [
  "vscode.openFolder",
  "workbench.action.newWindow",
  "workbench.action.focusActiveEditorGroup",
  "_files.windowOpen",
  "workbench.extensions.installExtension",
  "workbench.extensions.uninstallExtension",
];

const vscode = {
  EventEmitter,
  Uri,
  Position,
  Range,
  TabInputText,
  TabInputTextDiff,
  FileSystemError,
  TextEditorRevealType: { InCenterIfOutsideViewport: 2 },
  version: "1.67.0",
  env: {
    appName: "Visual Studio Code",
    appHost: "desktop",
    remoteName: undefined,
    clipboard: { writeText: (text) => fromPage(void (page.clipboard = text)) },
    openExternal: (uri) => fromPage((page.calls.push(["openExternal", uri.toString()]), true)),
  },
  commands: {
    getCommands: (filter) =>
      fromPage([...Object.keys(commands), ...silent].filter((name) => !filter || name[0] !== "_")),
    executeCommand: async (name, ...args) => {
      await fromPage();
      if (name === "setContext") return;
      page.calls.push([name, ...args]);
      if (commands[name]) return commands[name](...args);
      if (!silent.includes(name)) throw new Error(`command '${name}' not found`);
    },
  },
  languages: {
    getDiagnostics: (uri) =>
      uri
        ? page.diagnostics.filter(([of]) => String(of) === String(uri)).flatMap(([, list]) => list)
        : page.diagnostics,
  },
  extensions: {
    all: [
      { id: "ann.tools", packageJSON: { version: "1.2.3", categories: ["Linters"] } },
      { id: "vscode.git", packageJSON: { version: "1.0.0", isBuiltin: true } },
    ],
    getExtension: (id) => vscode.extensions.all.find((extension) => extension.id === id),
  },
  window: {
    get state() {
      return { focused: page.focused };
    },
    get activeTextEditor() {
      return page.active;
    },
    get visibleTextEditors() {
      return page.active ? [page.active] : [];
    },
    tabGroups: {
      get all() {
        return [{ tabs: page.tabs }];
      },
      get activeTabGroup() {
        return { activeTab: page.tabs.at(-1) };
      },
      onDidChangeTabs: events.tabs.event,
    },
    onDidChangeWindowState: events.windowState.event,
    onDidChangeActiveTextEditor: events.activeEditor.event,
    onDidChangeTextEditorSelection: events.selection.event,
    createOutputChannel: () => ({ appendLine: (line) => console.error(line), dispose() {} }),
    showTextDocument: async (document, options) => {
      await fromPage();
      showTab(new TabInputText(document.uri));
      return editorOf(document.uri, options?.selection);
    },
  },
  workspace: {
    fs: {
      stat: async (uri) => {
        if (!fs.existsSync(uri.path)) throw new FileSystemError("FileNotFound");
      },
    },
    get workspaceFolders() {
      return page.folders.length === 0 ? undefined : page.folders;
    },
    get workspaceFile() {
      return page.workspaceFile;
    },
    get name() {
      return page.name;
    },
    get isTrusted() {
      return page.trusted;
    },
    get textDocuments() {
      return [...page.documents.values()];
    },
    getConfiguration: (section) => ({
      inspect: (key) => page.settings[`${section}.${key}`] ?? {},
    }),
    openTextDocument: async (uri) => {
      if (!fs.existsSync(uri.path)) throw new Error(`cannot open ${uri}`);
      return documentOf(uri);
    },
    updateWorkspaceFolders: (start, count, ...added) => {
      if (page.refusedFolderChanges-- > 0) return false;
      control.folders([
        ...page.folders.slice(0, start),
        ...added,
        ...page.folders.slice(start + count),
      ]);
      return true;
    },
    onDidSaveTextDocument: events.saved.event,
    onDidChangeWorkspaceFolders: events.folders.event,
    onDidGrantWorkspaceTrust: events.trust.event,
  },
};

const toFolder = (folder) => {
  const uri = typeof folder === "string" ? Uri.file(folder) : folder.uri;
  return { uri, name: path.basename(uri.path), index: 0 };
};

/** What a test may do. */
const control = {
  focus(focused) {
    page.focused = focused;
    events.windowState.fire({ focused });
  },
  folders(folders) {
    page.folders = folders.map(toFolder);
    page.name = page.folders.map(({ name }) => name).join(", ") || undefined;
    events.folders.fire({});
  },
  page(present) {
    page.present = present;
    if (present) { for (const answer of unanswered.splice(0)) answer(); }
  },
  trust: (trusted) => void (page.trusted = trusted),
  setting: (name, value) => void (page.settings[name] = value),
  /** The next changes are refused, as by an editor that carries out another. */
  refuseFolderChanges: (times = Infinity) => void (page.refusedFolderChanges = times),
  show: (file, a, b, c, d) => void editorOf(Uri.file(file), new Range(a, b, c, d)),
  dirty: (file) => void (documentOf(Uri.file(file)).isDirty = true),
  save: (file) => events.saved.fire(documentOf(Uri.file(file))),
  diagnostics(file, list) {
    const problems = list.map(([severity, message]) => ({
      severity,
      message,
      source: "lint",
      range: new Range(0, 0, 0, 1),
    }));
    page.diagnostics.push([Uri.file(file), problems]);
  },
  closeTabs() {
    const closed = page.tabs;
    page.tabs = [];
    events.tabs.fire({ opened: [], closed, changed: [] });
  },
  tabs: () => page.tabs.length,
  calls: () =>
    page.calls.map((call) => call.map((part) => part instanceof Uri ? String(part) : part)),
  clipboard: () => page.clipboard,
  variables: () => page.variables,
};

module.exports = { vscode, control, page };
