// What the server wrote into the page, and its addresses.
const content = JSON.parse(document.getElementById("content").textContent);

export const server = content.server;
export const network = content.network; // host of the files of GraphiQL; null when they were built
export const examples = content.examples;
export const endpoint = new URL(location.pathname, location.origin);
export const socket = Object.assign(new URL(endpoint), { protocol: endpoint.protocol === "https:" ? "wss:" : "ws:" });

const parameters = new URLSearchParams(location.search);

// `?query=&variables=&operationName=`; null without a query.
export const prefilled = parameters.get("query")
  ? {
      query: parameters.get("query"),
      variables: parameters.get("variables") ?? "",
      operationName: parameters.get("operationName"),
    }
  : null;
