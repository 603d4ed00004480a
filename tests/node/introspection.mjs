// Prints the introspection queries of the installed GraphQL.js, with all of its options: node introspection.mjs
import { getIntrospectionQuery } from "graphql";

import { main, print } from "./common.mjs";

const OPTIONS = [
  "descriptions",
  "specifiedByUrl",
  "directiveIsRepeatable",
  "schemaDescription",
  "inputValueDeprecation",
  "oneOf",
];

main(async () => {
  const combinations = [...Array(2 ** OPTIONS.length).keys()];
  const options = combinations.map((bits) =>
    Object.fromEntries(OPTIONS.map((name, index) => [name, Boolean((bits >> index) & 1)])),
  );
  print([...new Set(options.map((chosen) => getIntrospectionQuery(chosen)))]);
});
