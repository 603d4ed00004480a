import type { CodegenConfig } from "@graphql-codegen/cli";

const config: CodegenConfig = {
  schema: process.env.DEXTER_SCHEMA ?? "../../schema.graphql", // or http://127.0.0.1:8000/schema.graphql
  documents: "src/**/*.{ts,tsx}",
  generates: {
    "src/gql/": {
      preset: "client",
      presetConfig: { fragmentMasking: false },
      config: {
        scalars: { BigInt: "number", DateTime: "string", ID: "string", JSON: "unknown" },
        strictScalars: true,
        enumsAsTypes: true,
        nonOptionalTypename: true, // Apollo Client adds __typename everywhere but at the root
        skipTypeNameForRoot: true,
        useTypeImports: true,
      },
    },
    "src/gql/possibleTypes.ts": {
      plugins: ["fragment-matcher"], // the members of unions and interfaces, for the cache
    },
  },
};

export default config;
