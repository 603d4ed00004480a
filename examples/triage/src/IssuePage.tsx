import { useQuery } from "@apollo/client/react";
import type { CSSProperties } from "react";

import { ago, count, words } from "./format";
import { graphql } from "./gql";
import { useLiveIssues } from "./live";
import { Assignee, LevelMark, Notice } from "./parts";
import { address } from "./route";
import { Exception } from "./StackTrace";
import { ResolveButton } from "./status";

const ISSUE = graphql(`
  query Issue($org: String!, $shortId: String!) {
    organization(slug: $org) {
      id
      issue(shortId: $shortId) {
        id
        shortId
        title
        culprit
        level
        status
        substatus
        firstSeenAt
        lastSeenAt
        eventCount
        userCount
        webUrl
        project {
          id
          slug
        }
        ...Assignee
        firstRelease {
          id
          version
        }
        tags {
          key
          topValues {
            value
            count
          }
          totalValues
        }
        activity(first: 8) {
          nodes {
            id
            kind
            occurredAt
            actor {
              id
              name
            }
          }
        }
        event(which: RECOMMENDED) {
          id
          eventId
          occurredAt
          exceptions {
            ...StackTrace
          }
          breadcrumbs(last: 12) {
            occurredAt
            category
            level
            message
          }
        }
      }
    }
  }
`);

export function IssuePage({ org, shortId }: { org: string; shortId: string }) {
  const { data, error } = useQuery(ISSUE, { variables: { org, shortId } });
  useLiveIssues(org);
  const issue = data?.organization?.issue;
  if (!issue) return <Notice>{error?.message ?? (data ? `There is no issue ${shortId}.` : "Loading…")}</Notice>;
  const { event } = issue;
  const status = issue.status ?? "UNKNOWN";
  return (
    <article className="page">
      <a className="back" href={address(org)}>
        ← All issues
      </a>
      <header className={`issue ${status.toLowerCase()}`}>
        <LevelMark level={issue.level} />
        <div>
          <h1>{issue.title}</h1>
          <small>
            <b>{issue.shortId}</b> {issue.project?.slug} · {issue.culprit ?? "no culprit"} · {words(status)}
          </small>
        </div>
        <Assignee assignee={issue.assignee} />
        <ResolveButton id={issue.id} status={status} />
      </header>
      <dl className="figures">
        <div>
          <dt>Events</dt>
          <dd>{count(issue.eventCount)}</dd>
        </div>
        <div>
          <dt>Users</dt>
          <dd>{count(issue.userCount)}</dd>
        </div>
        <div>
          <dt>First seen</dt>
          <dd>{ago(issue.firstSeenAt)}</dd>
        </div>
        <div>
          <dt>Last seen</dt>
          <dd>{ago(issue.lastSeenAt)}</dd>
        </div>
        <div>
          <dt>First release</dt>
          <dd>{issue.firstRelease?.version ?? "–"}</dd>
        </div>
      </dl>
      <div className="columns">
        <section>
          {event?.exceptions?.toReversed().map((exception, index) => (
            <Exception key={index} {...exception} />
          ))}
          <h2>Breadcrumbs</h2>
          <ol className="trail">
            {event?.breadcrumbs?.map((crumb, index) => (
              <li key={index}>
                <time>{crumb.occurredAt?.slice(11, 19)}</time>
                <b>{crumb.category}</b>
                <span>{crumb.message}</span>
              </li>
            ))}
          </ol>
        </section>
        <aside>
          <h2>Tags</h2>
          {issue.tags?.map(
            (tag) => tag?.key && <Tag key={tag.key} name={tag.key} top={tag.topValues?.[0]} total={tag.totalValues} />,
          )}
          <h2>Activity</h2>
          <ol className="trail">
            {issue.activity?.nodes.map(
              (item) =>
                item && (
                  <li key={item.id}>
                    <b>{words(item.kind ?? "UNKNOWN")}</b>
                    <span>
                      {item.actor?.name ?? "Sentry"}, {ago(item.occurredAt)}
                    </span>
                  </li>
                ),
            )}
          </ol>
          <p>
            <a href={issue.webUrl ?? undefined}>Open in Sentry</a>
          </p>
        </aside>
      </div>
    </article>
  );
}

type TagProps = { name: string; top: { value: string | null; count: number | null } | undefined; total: number | null };

function Tag({ name, top, total }: TagProps) {
  const share = `${Math.round((100 * (top?.count ?? 0)) / (total || 1))}%`;
  return (
    <p className="tag" style={{ "--share": share } as CSSProperties}>
      <span>{name}</span>
      <b>{top?.value}</b>
      {share}
    </p>
  );
}
