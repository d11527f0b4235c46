// PostGraphile 5 as fast as it honestly goes: one process, plain node http, no GraphiQL, no watching,
// no explain, a pool that is opened before the first request and never idles out. Relations come from
// smart tags, so that the tables stay untouched. Settings: JSON in the environment (BENCH_PEER).
import { createServer } from "node:http";
import pg from "pg";
import { makePgService } from "postgraphile/adaptors/pg";
import { PostGraphileAmberPreset } from "postgraphile/presets/amber";
import { grafserv } from "postgraphile/grafserv/node";
import { postgraphile } from "postgraphile";
import { makeJSONPgSmartTagsPlugin } from "postgraphile/utils";

const settings = JSON.parse(process.env.BENCH_PEER);
const pool = new pg.Pool({ max: settings.connections, min: settings.connections, idleTimeoutMillis: 0 });
pool.on("error", (error) => console.error(error));
const warm = await Promise.all(Array.from({ length: settings.connections }, () => pool.connect()));
warm.forEach((client) => client.release());

const preset = {
  extends: [PostGraphileAmberPreset],
  plugins: [makeJSONPgSmartTagsPlugin({ version: 1, config: settings.tags })],
  pgServices: [makePgService({ pool, schemas: settings.schemas, pubsub: false })],
  schema: { defaultBehavior: settings.behavior },
  grafast: { explain: false },
  grafserv: {
    graphqlPath: "/graphql",
    graphiql: false,
    watch: false,
    websockets: false,
    outputDataAsString: true,
  },
};
const instance = postgraphile(preset);
const server = createServer();
server.keepAliveTimeout = 0;
server.requestTimeout = 0;
server.on("error", (error) => { console.error(error); process.exit(1); });
const serv = instance.createServ(grafserv);
await serv.addTo(server);
await serv.ready();
server.listen(0, "127.0.0.1", () => console.log(`listening ${server.address().port}`));
process.on("SIGTERM", () => process.exit(0));
