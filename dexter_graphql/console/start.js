// What the page shows when GraphiQL could not be loaded: what to do, and how to ask without it.
import { endpoint, network, server } from "./content.js";

const QUERY = "{ organizations(first: 3) { nodes { slug name } } }";

function command() {
  const headers = ["Content-Type: application/json"];
  if (server.needsToken) headers.push("Authorization: Bearer YOUR_TOKEN");
  const body = JSON.stringify({ query: QUERY });
  return [`curl ${endpoint}`, ...headers.map((header) => `-H '${header}'`), `-d '${body}'`].join(" \\\n  ");
}

function reason() {
  if (network === null) return "The browser could not load the files of GraphiQL from this server. Reload the page.";
  return (
    `The files of GraphiQL were not built on the server, and ${new URL(network).host} does not answer. ` +
    "Connect to a network and reload the page, or install Node.js on the server and run: make console"
  );
}

export function showHelp() {
  document.getElementById("start-title").textContent = "GraphiQL could not be loaded";
  document.getElementById("start-reason").textContent = reason();
  document.getElementById("start-command").textContent = command();
  document.getElementById("start-help").hidden = false;
}
