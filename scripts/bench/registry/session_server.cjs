// code-server's own session server, without the rest of code-server.
//
//   node session_server.cjs DIRECTORY SOCKET
//
// DIRECTORY contains node_modules with code-server.
const [directory, socket] = process.argv.slice(2);
const { EditorSessionManager, makeEditorSessionManagerServer } = require(
  `${directory}/node_modules/code-server/out/node/vscodeSocket.js`,
);
makeEditorSessionManagerServer(socket, new EditorSessionManager());
process.on("SIGTERM", () => process.exit(0));
