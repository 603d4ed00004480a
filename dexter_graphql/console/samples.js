// Values for the variables of the examples. In the sandbox each example has its own; a real Sentry is asked for some.
import { server } from "./content.js";
import { post } from "./fetcher.js";

const ORGANIZATIONS = "query ConsoleOrganizations { organizations(first: 2) { nodes { slug } } }";
const OPTIONAL = ["projects", "environments", "search"]; // without a value a list is not filtered
const SAMPLES = `query ConsoleSamples($org: String!) {
  organization(slug: $org) {
    projects(first: 1) { nodes { slug } }
    releases(first: 1) { nodes { version } }
    issues(first: 1) { nodes { shortId webUrl } }
  }
}`;

export async function loadOrganizations(headers) {
  const answer = await post({ query: ORGANIZATIONS }, headers);
  const [first, second] = answer.data?.organizations?.nodes ?? [];
  return first ? { org: first.slug, otherOrg: (second ?? first).slug } : {};
}

async function loadSamples(org, headers) {
  const answer = await post({ query: SAMPLES, variables: { org } }, headers);
  const { projects, releases, issues } = answer.data?.organization ?? {};
  const issue = issues?.nodes[0];
  const project = projects?.nodes[0]?.slug;
  return {
    project,
    projects: project && [{ slug: project }],
    version: releases?.nodes[0]?.version,
    shortId: issue?.shortId,
    url: issue?.webUrl,
  };
}

function emptied(value) {
  return Array.isArray(value) ? [] : "";
}

// The variables of an example for this server. A writing example gets no objects of a real Sentry: running it unchanged
// must write nothing.
export async function variablesOf(example, organizations, headers) {
  if (server.isSandbox) return example.variables;
  const names = Object.keys(example.variables);
  const isComplete = names.every((name) => name in organizations) || example.kind === "mutation" || !organizations.org;
  const known = isComplete ? organizations : { ...(await loadSamples(organizations.org, headers)), ...organizations };
  const filters = example.kind === "mutation" ? [] : OPTIONAL;
  return Object.fromEntries(
    names
      .filter((name) => known[name] !== undefined || !filters.includes(name))
      .map((name) => [name, known[name] ?? emptied(example.variables[name])]),
  );
}
