// The number below the Run button: how many calls to Sentry the operation may make. The server computes it.
import { server } from "./content.js";
import { operationOf, post } from "./fetcher.js";
import { authorizationIn, parseHeaders } from "./headers.js";

const TYPING_MS = 300;
const h = React.createElement;
const { useEffect, useState } = React;

function variablesOf(text) {
  try {
    return JSON.parse(text || "{}");
  } catch {
    return undefined;
  }
}

async function estimate({ query, variables, operationName, headers }) {
  const operation = operationOf({ query, operationName });
  const values = variablesOf(variables);
  const sent = parseHeaders(headers);
  if (!operation || values === undefined || (server.needsToken && !authorizationIn(sent))) return null;
  const params = { query, variables: values, operationName: operation.name?.value };
  const answer = await post({ ...params, extensions: { dexter: { explain: "estimate" } } }, sent);
  return answer.extensions?.dexter ?? null;
}

export function Estimate() {
  const { tabs, activeTabIndex } = GraphiQL.React.useEditorContext({ nonNull: true });
  const { query, variables, operationName, headers } = tabs[activeTabIndex];
  const [estimated, setEstimated] = useState(null);
  useEffect(() => {
    let isCurrent = true;
    const typed = setTimeout(async () => {
      const answer = await estimate({ query, variables, operationName, headers });
      if (isCurrent) setEstimated(answer);
    }, TYPING_MS);
    return () => {
      isCurrent = false;
      clearTimeout(typed);
    };
  }, [query, variables, operationName, headers]);

  const calls = estimated?.estimatedCalls ?? null;
  if (calls === null) return null;
  const noun = calls === 1 ? "call" : "calls";
  const isOver = calls > estimated.callBudget;
  const budget = isOver ? `; the budget is ${estimated.callBudget}` : "";
  const title = `This operation makes at most ${calls} ${noun} to Sentry${budget}`;
  const className = isOver ? "estimate over-budget" : "estimate";
  return h("div", { className, title, role: "note", "aria-label": title }, `≤ ${calls}`, h("small", null, noun));
}
