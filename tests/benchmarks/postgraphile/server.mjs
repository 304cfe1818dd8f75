// PostGraphile on the benchmark's database: node server.mjs CONNECTION PORT
import { createServer } from "node:http";
import { grafserv } from "postgraphile/grafserv/node";
import { makePgService } from "postgraphile/adaptors/pg";
import { PostGraphileAmberPreset } from "postgraphile/presets/amber";
import postgraphilePackage from "postgraphile";

const { postgraphile } = postgraphilePackage;
const [connectionString, port] = process.argv.slice(2);
const preset = {
  extends: [PostGraphileAmberPreset],
  pgServices: [makePgService({ connectionString, schemas: ["public"], poolConfig: { max: 10 } })],
  disablePlugins: ["PgIndexBehaviorsPlugin"], // filter by columns without an index as well
  schema: { defaultBehavior: "+connection +list" },
  grafserv: { graphiql: false, watch: false, graphqlPath: "/graphql" },
};
const served = postgraphile(preset).createServ(grafserv);
const server = createServer();
await served.addTo(server);
server.listen(Number(port), "127.0.0.1", () => console.log("ready"));
