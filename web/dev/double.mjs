// A development double of the platform: it serves the built page and plays recorded answers, so that
// the page can be seen and tested without any service. It is no part of Candor and never ships.
//
//   npm run build && node dev/double.mjs [port]      then open http://localhost:8090/signin?code=x
//
// What a question says decides what happens: "slow", "drop", "unknown", "which", "break", "one", "repair".

import { randomUUID } from "node:crypto";
import { createReadStream, existsSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";

import { WebSocketServer } from "ws";

import { catalog, eventsOf } from "./recorded.mjs";

const PORT = Number(process.argv[2] ?? 8090);
const DIST = new URL("../dist", import.meta.url).pathname;
const ORGANIZATION = "organizations/local";
const TYPES = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".css": "text/css",
  ".svg": "image/svg+xml",
  ".woff2": "font/woff2",
  ".ttf": "font/ttf",
};
const POLICY =
  "default-src 'self'; style-src 'self' 'unsafe-inline'; worker-src 'self' blob:; img-src 'self' data:; font-src 'self' data:";

const sources = [
  {
    name: `${ORGANIZATION}/dataSources/sample`,
    displayName: "Sample: a tea merchant",
    dialect: "postgres",
    connection: { postgres: { host: "localhost", database: "sample", user: "reader" } },
  },
];
const generations = new Map();

function status(code, reason, message, metadata = {}, fields = []) {
  const details = [{ "@type": "type.googleapis.com/google.rpc.ErrorInfo", reason, domain: "candor", metadata }];
  if (fields.length) details.push({ "@type": "type.googleapis.com/google.rpc.BadRequest", fieldViolations: fields });
  return { code, message, details };
}

const HTTP = { 3: 400, 5: 404, 9: 400, 14: 503, 16: 401 };

function send(response, json, code = 200) {
  response.writeHead(code, { "content-type": "application/json" }).end(JSON.stringify(json));
}

function refuse(response, error) {
  send(response, error, HTTP[error.code] ?? 500);
}

/** Plays a generation's events into its list at the pace of its question. */
function play(generation) {
  const record = { generation, events: [], done: false, wake: new Set() };
  generations.set(generation.name, record);
  const pace = generation.question.includes("slow") ? 1500 : 60;
  const events = eventsOf(generation.question, new Date());
  const next = () => {
    if (record.done) return;
    const event = events.shift();
    push(record, event);
    if (events.length) record.timer = setTimeout(next, pace);
  };
  generation.state = "STATE_RUNNING";
  record.timer = setTimeout(next, pace);
}

function push(record, event) {
  record.events.push({ sequence: String(record.events.length + 1), createTime: new Date().toISOString(), ...event });
  if (event.result) Object.assign(record.generation, { state: "STATE_SUCCEEDED", result: event.result });
  if (event.error)
    Object.assign(record.generation, {
      state: event.error.code === 1 ? "STATE_CANCELLED" : "STATE_FAILED",
      error: event.error,
    });
  if (event.result || event.error) record.done = true;
  for (const wake of record.wake) wake();
}

const routes = [
  [
    "GET",
    /^\/v1\/caller$/,
    (_, response) =>
      send(response, { subject: "members/owner", displayName: "Owner", organization: ORGANIZATION, roles: ["owner"] }),
  ],
  ["GET", /\/dataSources$/, (_, response) => send(response, { dataSources: sources })],
  [
    "POST",
    /\/dataSources$/,
    (body, response) => {
      const path = body.dataSource.connection.sqlite?.path ?? body.dataSource.connection.duckdb?.path;
      if (path?.includes("missing"))
        return refuse(
          response,
          status(9, "DATA_SOURCE_NOT_A_DATABASE", `No database was found at ${path}.`, {}, [
            { field: "data_source.connection.sqlite.path", description: "There is no file here." },
          ]),
        );
      const source = {
        ...body.dataSource,
        name: `${ORGANIZATION}/dataSources/${body.dataSourceId}`,
        dialect: "sqlite",
      };
      sources.push(source);
      return send(response, { dataSource: source });
    },
  ],
  [
    "GET",
    /\/schema$/,
    (_, response) =>
      send(response, {
        schema: {
          version: "a1b2c3",
          catalog,
          syncTime: new Date(Date.now() - 240_000).toISOString(),
          indexedValues: "1284",
        },
      }),
  ],
  [
    "POST",
    /:syncSchema$/,
    (_, response) =>
      setTimeout(
        () =>
          send(response, {
            schema: { version: "a1b2c3", catalog, syncTime: new Date().toISOString(), indexedValues: "1284" },
            changed: false,
          }),
        600,
      ),
  ],
  [
    "GET",
    /\/generations$/,
    (_, response) =>
      send(response, { generations: [...generations.values()].map((record) => ({ ...record.generation })).reverse() }),
  ],
  [
    "POST",
    /\/generations$/,
    (body, response) => {
      const { question, dataSource } = body.generation;
      const generation = {
        name: `${ORGANIZATION}/generations/${randomUUID()}`,
        question,
        dataSource,
        createTime: new Date().toISOString(),
        state: "STATE_QUEUED",
        creator: "members/owner",
      };
      play(generation);
      send(response, { generation });
    },
  ],
  [
    "POST",
    /^\/v1\/(organizations\/local\/generations\/[^/:]+):cancel$/,
    (_, response, name) => {
      const record = generations.get(name);
      clearTimeout(record.timer);
      push(record, { error: status(1, "CANCELLED", "The question was cancelled.") });
      send(response, { generation: record.generation });
    },
  ],
  [
    "GET",
    /^\/v1\/(organizations\/local\/generations\/[^/:]+)$/,
    (_, response, name) => {
      const record = generations.get(name);
      if (record) return send(response, { generation: record.generation });
      return refuse(response, status(5, "GENERATION_NOT_FOUND", "There is no such question.", { generation: name }));
    },
  ],
];

function serveFile(path, response) {
  const file = join(DIST, normalize(path));
  const found = path !== "/" && existsSync(file) && extname(file) ? file : join(DIST, "index.html");
  response.writeHead(200, {
    "content-type": TYPES[extname(found)] ?? "application/octet-stream",
    "content-security-policy": POLICY,
  });
  createReadStream(found).pipe(response);
}

const server = createServer(async (request, response) => {
  const { pathname, searchParams } = new URL(request.url, "http://double");
  const signedIn = request.headers.cookie?.includes("double=1");
  if (pathname === "/signin") {
    const good = searchParams.get("code") !== "used";
    return response
      .writeHead(
        302,
        good ? { location: "/", "set-cookie": "double=1; Path=/; HttpOnly" } : { location: "/?signin=invalid" },
      )
      .end();
  }
  if (pathname === "/session/refresh") return response.writeHead(signedIn ? 204 : 401).end();
  if (pathname === "/session/end") return response.writeHead(204, { "set-cookie": "double=; Path=/; Max-Age=0" }).end();
  if (!pathname.startsWith("/v1/")) return serveFile(pathname, response);
  if (!signedIn) return refuse(response, status(16, "TOKEN_MISSING", "No token came with the call."));
  let text = "";
  for await (const chunk of request) text += chunk;
  for (const [method, pattern, handle] of routes) {
    const match = pattern.exec(pathname);
    if (method === request.method && match) return handle(text ? JSON.parse(text) : {}, response, match[1]);
  }
  return refuse(response, status(12, "UNIMPLEMENTED", "The double does not play this."));
});

const dropped = new Set();
const sockets = new WebSocketServer({ server });
sockets.on("connection", (socket, request) => {
  const { pathname, searchParams } = new URL(request.url, "http://double");
  const record = generations.get(`${ORGANIZATION}/generations/${pathname.split("/").at(-1)}`);
  if (!record) {
    socket.send(JSON.stringify({ end: status(5, "GENERATION_NOT_FOUND", "There is no such question.") }));
    return socket.close();
  }
  let sent = Number(searchParams.get("after"));
  const wake = () => {
    const events = record.events.slice(sent);
    if (events.length) socket.send(JSON.stringify({ events }));
    sent += events.length;
    if (sent >= 3 && record.generation.question.includes("drop") && !dropped.has(record)) {
      dropped.add(record);
      return socket.terminate();
    }
    if (record.done) {
      socket.send(JSON.stringify({ end: { code: 0 } }));
      socket.close();
    }
  };
  record.wake.add(wake);
  socket.on("close", () => record.wake.delete(wake));
  wake();
});

server.listen(PORT, () => process.stdout.write(`The double listens on http://localhost:${PORT}\n`));
