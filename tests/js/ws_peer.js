// The `ws` library as one end of a WebSocket, for tests/fidelity/test_websockets.py.
//
//   node ws_peer.js serve      listens on a free port of loopback and prints it
//   node ws_peer.js ask URL    talks to a server that behaves like `serve`; exits 1 at the first fault
//
// The server echoes; `ping NAME` makes it ping and say what came back, `close CODE` end.

import assert from "node:assert/strict";
import { once } from "node:events";
import { WebSocket, WebSocketServer } from "ws";

const BIG = Buffer.alloc(5_000_000, "0123456789abcdef");

function serve() {
  const server = new WebSocketServer({
    host: "127.0.0.1",
    port: 0,
    perMessageDeflate: { threshold: 0 },
    maxPayload: 16 * 2 ** 20,
    handleProtocols: (offered) => (offered.has("chat.v2") ? "chat.v2" : false),
  });
  server.on("connection", (socket) => {
    socket.on("error", () => socket.terminate());
    socket.on("message", async (data, isBinary) => {
      const [verb, rest] = isBinary ? [] : data.toString().split(" ");
      if (verb === "ping") {
        socket.ping(rest);
        const [answer] = await once(socket, "pong");
        socket.send(`pong ${answer}`);
      } else if (verb === "close") {
        socket.close(Number(rest), "by the server");
      } else {
        socket.send(data, { binary: isBinary });
      }
    });
  });
  server.on("listening", () => console.log(server.address().port));
  process.stdin.on("end", () => process.exit(0)).resume(); // with whoever started us
}

async function opened(url, protocols, options) {
  const socket = new WebSocket(url, protocols, options);
  await once(socket, "open");
  return socket;
}

async function echoed(socket, message) {
  const answer = once(socket, "message");
  socket.send(message);
  const [data, isBinary] = await answer;
  assert.equal(isBinary, typeof message !== "string");
  assert.equal(Buffer.compare(data, Buffer.from(message)), 0);
}

async function fragmented(socket) {
  const answer = once(socket, "message");
  socket.send("one ", { fin: false });
  socket.send("", { fin: false });
  socket.send("two", { fin: true });
  assert.equal((await answer)[0].toString(), "one two");
}

async function pinged(socket) {
  socket.ping("mine");
  assert.equal((await once(socket, "pong"))[0].toString(), "mine");
  socket.send("ping yours");
  assert.equal((await once(socket, "message"))[0].toString(), "pong yours");
}

async function ask(url) {
  for (const perMessageDeflate of [true, false]) {
    const socket = await opened(url, ["chat.v2", "chat.v1"], { perMessageDeflate });
    assert.equal(socket.protocol, "chat.v2");
    assert.equal(socket.extensions.includes("permessage-deflate"), perMessageDeflate);
    for (const message of ["", "hällo 😀", Buffer.from([0, 255]), BIG, Buffer.alloc(0)]) {
      await echoed(socket, message);
    }
    await fragmented(socket);
    await pinged(socket);
    socket.send("close 4002");
    const [code, reason] = await once(socket, "close");
    assert.deepEqual([code, reason.toString()], [4002, "by the server"]);
  }
  const last = await opened(url, ["chat.v2"]);
  last.close(4001, "by the client");
  assert.equal((await once(last, "close"))[0], 4001);
}

const [what, url] = process.argv.slice(2);
if (what === "serve") {
  serve();
} else {
  await ask(url);
}
