// Rules for schemas that graphql-eslint recommends, and those of Relay.
import graphql from "@graphql-eslint/eslint-plugin";

const SCHEMA = "schema.graphql";

export default [
  {
    files: [SCHEMA],
    languageOptions: { parser: graphql.parser, parserOptions: { graphQLConfig: { schema: SCHEMA } } },
    plugins: { "@graphql-eslint": graphql },
    rules: {
      ...graphql.configs["flat/schema-recommended"].rules,
      ...graphql.configs["flat/schema-relay"].rules,
      // Connections offer `nodes` beside `edges`, and short lists that Sentry gives whole are plain lists.
      "@graphql-eslint/relay-edge-types": [
        "error",
        { withEdgeSuffix: true, shouldImplementNode: true, listTypeCanWrapOnlyEdgeType: false },
      ],
      // Values of Sentry have no id that is theirs alone; only what can be fetched again has a global one.
      "@graphql-eslint/strict-id-in-types": "off",
      // "The type of a thing" is a word of Sentry's own, and `typename` is what GraphQL calls its own.
      "@graphql-eslint/no-typename-prefix": "off",
    },
  },
];
