// @hocuspocus/server as its documentation starts it: no authentication, no store. With REDIS_URL
// its own Redis extension joins several of them.
import { Redis } from "@hocuspocus/extension-redis";
import { Server } from "@hocuspocus/server";

const { PORT, REDIS_URL } = process.env;
const extensions = [];
if (REDIS_URL) {
  const { hostname, port, pathname } = new URL(REDIS_URL);
  const options = { db: Number(pathname.slice(1) || 0) };
  extensions.push(new Redis({ host: hostname, port: Number(port || 6379), options }));
}
const server = new Server({ port: Number(PORT), address: "127.0.0.1", quiet: true, extensions });
await server.listen();
