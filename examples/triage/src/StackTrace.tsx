import { graphql } from "./gql";
import type { StackTraceFragment } from "./gql/graphql";

export const STACK_TRACE = graphql(`
  fragment StackTrace on ExceptionValue {
    type
    value
    frames {
      file
      function
      line
      isInApp
      context {
        line
        text
      }
    }
  }
`);

/** An exception with its frames, of which the innermost one of the application is open. */
export function Exception({ type, value, frames }: StackTraceFragment) {
  const innermost = frames?.findLastIndex((frame) => frame.isInApp) ?? -1;
  return (
    <>
      <h2>
        {type}
        <small>{value}</small>
      </h2>
      <div className="frames">
        {frames
          ?.map((frame, index) => (
            <details key={index} open={index === innermost} className={frame.isInApp ? "app" : ""}>
              <summary>
                <b>{frame.file}</b> in {frame.function ?? "?"}
                {frame.line != null && ` at line ${frame.line}`}
              </summary>
              <pre>
                {frame.context.map(({ line, text }) => (
                  <code key={line} className={line === frame.line ? "here" : ""}>
                    {line} {text}
                    {"\n"}
                  </code>
                ))}
              </pre>
            </details>
          ))
          .reverse()}
      </div>
    </>
  );
}
