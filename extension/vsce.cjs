// The packager's own starter has no file extension, so Deno does not know it as CommonJS.
require("./node_modules/@vscode/vsce/out/main.js")(process.argv);
