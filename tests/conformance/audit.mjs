// Runs the audits of graphql-http against the address that is given, and prints each with its result as JSON.
import { serverAudits } from 'graphql-http';

const results = [];
for (const audit of serverAudits({ url: process.argv[2] })) {
  const result = await audit.fn();
  const { id, name, status } = result;
  results.push({ id, name, status, reason: result.reason ?? null });
}
console.log(JSON.stringify(results));
