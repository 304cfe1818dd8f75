// What a page would do: read every customer in pages, create one, be refused one, run a grading and follow it.
import { Fenji } from "./fenji.js";
import {
  AddCustomerDocument,
  CustomerPageDocument,
  CustomersWithContactsDocument,
  ProgressDocument,
  RunGradingDocument,
  type CustomerPageQuery,
} from "./generated/graphql.js";

type Row = CustomerPageQuery["customers"]["nodes"][number];

async function everyCustomer(fenji: Fenji): Promise<Row[]> {
  const rows: Row[] = [];
  let after: string | null = null;
  for (;;) {
    const { customers }: CustomerPageQuery = await fenji.ask(CustomerPageDocument, { first: 2, after });
    rows.push(...customers.nodes);
    if (!customers.pageInfo.hasNextPage) return rows;
    after = customers.pageInfo.endCursor ?? null;
  }
}

async function added(fenji: Fenji, name: string, employees: number): Promise<string> {
  const { createCustomer: made } = await fenji.ask(AddCustomerDocument, { name, employees });
  // The union is narrowed by __typename: the compiler knows which fields each member has.
  return made.__typename === "Refusal" ? `refused: ${made.code}` : `created: ${made.name}, ${made.employees}`;
}

async function graded(fenji: Fenji, policy: string, asOf: string): Promise<string[]> {
  const { runGrading: run } = await fenji.ask(RunGradingDocument, { policy, asOf });
  if (run.__typename === "Refusal") throw new Error(run.message);
  const states: string[] = [];
  for await (const { runProgress } of fenji.events(ProgressDocument, { run: run.id })) states.push(runProgress.state);
  return states;
}

const [url, sales, analyst, policy, asOf] = process.argv.slice(2);
if (!url || !sales || !analyst || !policy || !asOf) throw new Error("main.js URL SALES_KEY ANALYST_KEY POLICY DAY");
const seller = new Fenji(url, sales);
const rows = await everyCustomer(seller);
const { customers } = await seller.ask(CustomersWithContactsDocument, {});
console.log(
  JSON.stringify({
    numbers: rows.map((row) => row.number),
    tiers: rows.map((row) => row.grade?.tier ?? null),
    mobiles: rows.map((row) => row.contacts[0]?.mobile ?? null),
    total: customers.totalCount,
    created: await added(seller, "类型客户有限公司", 12),
    refused: await added(seller, "", 12),
    states: await graded(new Fenji(url, analyst), policy, asOf),
  }),
);
