// Types from the published contract, one typed document for each query of the cookbook.
import type { CodegenConfig } from "@graphql-codegen/cli";

const config: CodegenConfig = {
  schema: "../../schema/schema.graphql",
  documents: ["../../api/operations/examples/*.graphql", "src/operations.graphql"],
  emitLegacyCommonJSImports: false,
  generates: {
    "src/generated/": {
      preset: "client",
      presetConfig: { fragmentMasking: false },
      config: {
        enumsAsTypes: true,
        strictScalars: true, // a scalar without a line below is an error, not an `any`
        // Exact values travel as text: a number of JavaScript would round them.
        scalars: { Date: "string", DateTime: "string", Decimal: "string", Exact: "string", JSON: "unknown" },
      },
    },
  },
};
export default config;
