import { useQuery } from "@apollo/client/react";
import { useCallback, useEffect, useRef, useState } from "react";

import { Filters, type Chosen } from "./Filters";
import { ago, count, words } from "./format";
import { graphql } from "./gql";
import type { IssueRowFragment } from "./gql/graphql";
import { useLiveIssues } from "./live";
import { Assignee, LevelMark, Notice, Sparkline } from "./parts";
import { address } from "./route";
import { ResolveButton } from "./status";

export const ISSUE_ROW = graphql(`
  fragment IssueRow on IssueEdge {
    inRange {
      eventCount
      userCount
      series {
        intervalSeconds
        values
      }
    }
    node {
      id
      shortId
      title
      culprit
      level
      status
      substatus
      lastSeenAt
      project {
        id
        slug
      }
      ...Assignee
    }
  }
`);

const TRIAGE = graphql(`
  query Triage($org: String!, $filter: IssueFilter!, $sort: IssueSort!, $after: String) {
    organization(slug: $org) {
      id
      issues(filter: $filter, range: { last: "24h" }, sort: $sort, first: 25, after: $after) {
        edges {
          cursor
          ...IssueRow
        }
        totalCount
        pageInfo {
          hasNextPage
          endCursor
        }
      }
    }
  }
`);

export function TriageList({ org }: { org: string }) {
  const [chosen, setChosen] = useState<Chosen>({
    status: "UNRESOLVED",
    sort: "FREQUENCY",
    project: "",
    level: "",
    search: "",
  });
  const { status, sort, project, level, search } = chosen;
  const filter = {
    ...(status === "FOR_REVIEW" ? { isForReview: true } : { status: [status] }),
    projects: project ? [{ slug: project }] : null,
    levels: level ? [level] : null,
    search: search || null,
  };
  const { data, previousData, error, loading, fetchMore, refetch } = useQuery(TRIAGE, {
    variables: { org, filter, sort },
  });
  const live = useLiveIssues(org);
  const issues = (data ?? previousData)?.organization?.issues;
  const { hasNextPage, endCursor } = issues?.pageInfo ?? {};
  const more = useCallback(() => void fetchMore({ variables: { after: endCursor } }), [fetchMore, endCursor]);

  const refresh = () => {
    live.clear();
    void refetch();
  };
  return (
    <>
      <Filters org={org} chosen={chosen} onChange={setChosen} />
      <div className="bar">
        <span>{issues ? `${count(issues.totalCount)} issues, events of 24 hours` : "Loading…"}</span>
        <LiveState live={live} />
      </div>
      {live.created > 0 && (
        <button className="fresh" onClick={refresh}>
          {live.created} new – show
        </button>
      )}
      {error && <Notice>{error.message}</Notice>}
      {issues?.edges.length === 0 && <Notice>No issue matches.</Notice>}
      <ol className="issues" aria-busy={loading}>
        {issues?.edges.map(
          (edge) => edge.node && <IssueRow key={edge.node.id} org={org} node={edge.node} inRange={edge.inRange} />,
        )}
      </ol>
      {hasNextPage && <More onVisible={more} />}
    </>
  );
}

type Row = { org: string; node: NonNullable<IssueRowFragment["node"]>; inRange: IssueRowFragment["inRange"] };

function IssueRow({ org, node, inRange }: Row) {
  const status = node.status ?? "UNKNOWN";
  return (
    <li className={`issue ${status.toLowerCase()}`}>
      <LevelMark level={node.level} />
      <a href={address(org, node.shortId)}>
        <strong>{node.title}</strong>
        <small>
          <b>{node.shortId}</b> {node.project?.slug} · {node.culprit ?? "no culprit"} · {ago(node.lastSeenAt)}
          {node.substatus && node.substatus !== "ONGOING" && (
            <em className={node.substatus.toLowerCase()}>{words(node.substatus)}</em>
          )}
        </small>
      </a>
      <Sparkline values={inRange?.series?.values ?? []} />
      <span className="figure">
        <b>{count(inRange?.eventCount)}</b>events
      </span>
      <span className="figure">
        <b>{count(inRange?.userCount)}</b>users
      </span>
      <Assignee assignee={node.assignee} />
      <ResolveButton id={node.id} status={status} />
    </li>
  );
}

function LiveState({ live: { isLive, last } }: { live: ReturnType<typeof useLiveIssues> }) {
  return (
    <span className={isLive ? "live" : "live broken"} role="log">
      {!isLive
        ? "Connecting…"
        : last?.issue
          ? `${last.issue.shortId} ${words(last.kind).toLowerCase()}${last.actor ? ` by ${last.actor.name}` : ""}`
          : "Live"}
    </span>
  );
}

/** Reads the next page when it scrolls into view. */
function More({ onVisible }: { onVisible: () => void }) {
  const element = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const observer = new IntersectionObserver(([entry]) => entry?.isIntersecting && onVisible(), {
      rootMargin: "400px",
    });
    observer.observe(element.current!);
    return () => observer.disconnect();
  }, [onVisible]);
  return (
    <div ref={element} className="more">
      Loading more…
    </div>
  );
}
