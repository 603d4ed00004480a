// Small pieces that both pages use.
import type { ReactNode } from "react";

import { words } from "./format";
import { graphql } from "./gql";
import type { AssigneeFragment, Level } from "./gql/graphql";

export const ASSIGNEE = graphql(`
  fragment Assignee on Issue {
    assignee {
      __typename
      ... on User {
        id
        name
        email
      }
      ... on Team {
        id
        slug
      }
    }
  }
`);

export const Notice = ({ children }: { children: ReactNode }) => (
  <p className="notice" role="status">
    {children}
  </p>
);

export function LevelMark({ level }: { level: Level | null }) {
  const word = level ?? "UNKNOWN";
  return <i className={`level ${word.toLowerCase()}`} title={words(word)} />;
}

/** The initials of a user, or the slug of a team. */
export function Assignee({ assignee }: Pick<AssigneeFragment, "assignee">) {
  if (!assignee)
    return (
      <span className="assignee none" title="Not assigned">
        –
      </span>
    );
  if (assignee.__typename === "Team")
    return (
      <span className="assignee" title={`#${assignee.slug}`}>
        #
      </span>
    );
  const name = assignee.name ?? assignee.email ?? "?";
  const initials = name
    .split(/\s+/)
    .map((part) => part.charAt(0))
    .slice(0, 2)
    .join("");
  return (
    <span className="assignee" title={name}>
      {initials}
    </span>
  );
}

/** Bars of a time series, the highest at full height. */
export function Sparkline({ values }: { values: readonly (number | null)[] }) {
  const highest = Math.max(1, ...values.map((value) => value ?? 0));
  const width = 100 / values.length;
  return (
    <svg className="sparkline" viewBox="0 0 100 24" preserveAspectRatio="none" aria-hidden>
      {values.map((value, index) => {
        const height = Math.max(1, (24 * (value ?? 0)) / highest);
        return <rect key={index} x={index * width} y={24 - height} width={width * 0.75} height={height} />;
      })}
    </svg>
  );
}
