/* An app on node's own http: says of each request what it read. Prints its port. */
import { createServer } from "node:http";

const server = createServer((request, response) => {
  const parts = [];
  request.on("data", (part) => parts.push(part));
  request.on("end", () => {
    const body = Buffer.concat(parts).toString("hex");
    const said = JSON.stringify([request.method, request.url, body]);
    response.setHeader("X-Said", Buffer.from(said, "latin1").toString("hex"));
    response.end();
  });
});
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
