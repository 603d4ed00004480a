import { useQuery } from "@apollo/client/react";

import { words } from "./format";
import { graphql } from "./gql";
import type { IssueSort, Level } from "./gql/graphql";

const PROJECTS = graphql(`
  query Projects($org: String!) {
    organization(slug: $org) {
      id
      projects(first: 100) {
        nodes {
          id
          slug
        }
      }
    }
  }
`);

const STATUSES = ["UNRESOLVED", "FOR_REVIEW", "RESOLVED", "ARCHIVED"] as const;
const SORTS: IssueSort[] = ["FREQUENCY", "LAST_SEEN", "NEW", "USERS"];
const LEVELS: Level[] = ["FATAL", "ERROR", "WARNING", "INFO"];

type Status = (typeof STATUSES)[number];
export type Chosen = { status: Status; sort: IssueSort; project: string; level: Level | ""; search: string };
type Props = { org: string; chosen: Chosen; onChange: (chosen: Chosen) => void };

export function Filters({ org, chosen, onChange }: Props) {
  const { data } = useQuery(PROJECTS, { variables: { org } });
  const change = (part: Partial<Chosen>) => onChange({ ...chosen, ...part });
  const projects = data?.organization?.projects?.nodes.flatMap((project) => project ?? []) ?? [];
  return (
    <form
      className="filters"
      onSubmit={(event) => {
        event.preventDefault();
        change({ search: String(new FormData(event.currentTarget).get("search")) });
      }}
    >
      <div role="tablist">
        {STATUSES.map((status) => (
          <button
            key={status}
            type="button"
            role="tab"
            aria-selected={chosen.status === status}
            onClick={() => change({ status })}
          >
            {words(status)}
          </button>
        ))}
      </div>
      <input type="search" name="search" placeholder="Search, as in Sentry" defaultValue={chosen.search} />
      <select aria-label="Project" value={chosen.project} onChange={(event) => change({ project: event.target.value })}>
        <option value="">All projects</option>
        {projects.map(({ id, slug }) => (
          <option key={id}>{slug}</option>
        ))}
      </select>
      <select
        aria-label="Level"
        value={chosen.level}
        onChange={(event) => change({ level: event.target.value as Level })}
      >
        <option value="">All levels</option>
        {LEVELS.map((level) => (
          <option key={level} value={level}>
            {words(level)}
          </option>
        ))}
      </select>
      <select
        aria-label="Sort"
        value={chosen.sort}
        onChange={(event) => change({ sort: event.target.value as IssueSort })}
      >
        {SORTS.map((sort) => (
          <option key={sort} value={sort}>
            {words(sort)}
          </option>
        ))}
      </select>
    </form>
  );
}
