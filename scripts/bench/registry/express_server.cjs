// A plain Express server with code-server's three endpoints, for machines where code-server
// cannot be installed: it keeps sessions in a map, chooses the session registered last whose
// folder contains the path, and connects to that session's socket before it answers.
//
//   node express_server.cjs DIRECTORY SOCKET
const net = require("node:net");
const [directory, socket] = process.argv.slice(2);
const express = require(`${directory}/node_modules/express`);

const sessions = new Map();

function isLive(socketPath) {
  return new Promise((resolve) => {
    const connection = net.connect(socketPath);
    connection.once("connect", () => (connection.destroy(), resolve(true)));
    connection.once("error", () => resolve(false));
  });
}

function holds(session, path) {
  return session.workspace.folders.some(({ uri }) => path.startsWith(`${uri.path}/`));
}

const app = express();
app.use(express.json());
app.get("/session", async (request, response) => {
  const path = request.query.filePath;
  const matching = [...sessions.values()].reverse().filter((session) => holds(session, path));
  for (const { socketPath } of matching) {
    if (await isLive(socketPath)) return response.json({ socketPath });
  }
  response.json({});
});
app.post("/add-session", (request, response) => {
  sessions.set(request.body.entry.socketPath, request.body.entry);
  response.send("session added");
});
app.post("/delete-session", (request, response) => {
  sessions.delete(request.body.socketPath);
  response.send("session deleted");
});
app.listen(socket);
process.on("SIGTERM", () => process.exit(0));
