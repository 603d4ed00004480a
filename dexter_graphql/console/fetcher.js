// What GraphiQL calls to run operations: queries and mutations by POST, subscriptions by WebSocket.
import { endpoint, server, socket } from "./content.js";
import { authorizationIn } from "./headers.js";
import { answerOf, failure, socketFailure, unreachable } from "./problems.js";
import { begin } from "./runs.js";

const KEPT_ITEMS = 20;
const EXPLAINED = { extensions: { dexter: { explain: "calls" } } };
const NEVER = new Promise(() => {});

// The operation that is about to run, read from the text: GraphiQL's own facts are a tenth of a second older.
// Nothing when the text is no document; the server says what is wrong with it.
export function operationOf({ query, operationName }) {
  try {
    const operations = GraphiQL.GraphQL.parse(query).definitions.filter((node) => node.kind === "OperationDefinition");
    return operations.find((node) => node.name?.value === operationName) ?? operations[0];
  } catch {
    return undefined;
  }
}

export async function post(params, headers, options) {
  try {
    const response = await fetch(endpoint, {
      method: "POST",
      headers: { "content-type": "application/json", accept: "application/json", ...headers },
      body: JSON.stringify(params),
      ...options,
    });
    return await answerOf(response);
  } catch {
    return failure(unreachable());
  }
}

// A result whose tab is no longer open is kept for the tab. GraphiQL would show it in the open one, and never gets it.
async function execute(params, headers) {
  const run = begin("running");
  const answer = await post({ ...params, ...EXPLAINED }, headers, { signal: run.aborted });
  if (run.state === "stopped") return NEVER;
  const shown = run.finish(answer);
  if (!run.isAway) return shown;
  run.set({ late: shown });
  return NEVER;
}

// One socket per subscription, so that each begins with the headers of its own tab.
function listen(params, headers) {
  const run = begin("listening");
  const client = graphqlWs.createClient({ url: socket.href, connectionParams: { headers }, retryAttempts: 0 });
  let isOpen = false;
  client.on("connected", () => (isOpen = true));
  const source = client.iterate({ ...params, ...EXPLAINED });
  const results = showItems(source, run, () => isOpen);
  const end = async () => {
    await source.return();
    await client.dispose();
    return { done: true, value: undefined };
  };
  run.aborted.addEventListener("abort", end);
  return { [Symbol.asyncIterator]: () => ({ next: () => results.next(), return: () => run.stop() ?? end() }) };
}

async function* showItems(source, run, isOpen) {
  const items = [];
  try {
    yield { items };
    for await (const item of source) {
      items.unshift(run.take(item));
      items.length = Math.min(items.length, KEPT_ITEMS);
      run.set({ items: run.items + 1 });
      yield { items };
    }
    if (run.state === "listening") run.set({ state: "ended" });
  } catch (error) {
    yield { ...run.finish(socketFailure(error, isOpen())), items };
  }
}

export function fetcher(params, options) {
  const headers = options?.headers ?? {};
  if (params.operationName === "IntrospectionQuery") {
    if (!server.needsToken || authorizationIn(headers)) return post(params, headers);
    return Promise.resolve(failure("Add your Sentry token to the headers; the schema is fetched when it is there."));
  }
  const operation = operationOf(params);
  const named = { ...params, operationName: operation?.name?.value };
  return operation?.operation === "subscription" ? listen(named, headers) : execute(named, headers);
}
