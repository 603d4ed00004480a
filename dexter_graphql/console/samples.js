// Values for the variables of the examples. In the sandbox each example has its own; a real Sentry is asked for some.
import { server } from "./content.js";
import { post } from "./fetcher.js";

const ORGANIZATIONS = "query ConsoleOrganizations { organizations(first: 2) { nodes { slug } } }";
const SAMPLES = `query ConsoleSamples($org: String!) {
  organization(slug: $org) {
    projects(first: 1) { nodes { slug } }
    releases(first: 1) { nodes { version } }
    issues(first: 1) { nodes { shortId webUrl } }
  }
}`;
const PLACEHOLDER = "";

export async function loadOrganizations(headers) {
  const answer = await post({ query: ORGANIZATIONS }, headers);
  const [first, second] = answer.data?.organizations?.nodes ?? [];
  return first ? { org: first.slug, otherOrg: (second ?? first).slug } : {};
}

async function loadSamples(org, headers) {
  const answer = await post({ query: SAMPLES, variables: { org } }, headers);
  const { projects, releases, issues } = answer.data?.organization ?? {};
  const issue = issues?.nodes[0];
  return {
    project: projects?.nodes[0]?.slug,
    version: releases?.nodes[0]?.version,
    shortId: issue?.shortId,
    url: issue?.webUrl,
  };
}

function emptied(value) {
  return Array.isArray(value) ? [] : PLACEHOLDER;
}

// The variables of an example for this server. A writing example gets no objects of a real Sentry: running it unchanged
// must write nothing.
export async function variablesOf(example, organizations, headers) {
  if (server.isSandbox) return example.variables;
  const names = Object.keys(example.variables);
  const isComplete = names.every((name) => name in organizations) || example.kind === "mutation" || !organizations.org;
  const known = isComplete ? organizations : { ...(await loadSamples(organizations.org, headers)), ...organizations };
  return Object.fromEntries(names.map((name) => [name, known[name] ?? emptied(example.variables[name])]));
}
