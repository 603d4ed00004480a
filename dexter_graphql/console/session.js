// Keeps results with their tabs, and the schema with the token.
import { prefilled, server } from "./content.js";
import { authorizationIn, parseHeaders } from "./headers.js";
import { activeRun, openTab, useActiveRun } from "./runs.js";

const TYPING_MS = 400;
const { useEffect, useLayoutEffect, useRef } = React;

function useTabs({ tabs, activeTabIndex, responseEditor, updateActiveTabValues }) {
  const { isFetching, stop } = GraphiQL.React.useExecutionContext({ nonNull: true });
  const run = useActiveRun();
  const tabId = tabs[activeTabIndex].id;
  const currentStop = useRef(stop);
  currentStop.current = stop;

  useLayoutEffect(() => {
    openTab(tabId, tabs.map((tab) => tab.id));
    return () => currentStop.current();
  }, [tabId]);

  useEffect(() => {
    if (!isFetching) return undefined;
    return () => {
      const current = activeRun();
      if (current?.state === "running" && !current.isAway) current.stop();
    };
  }, [isFetching]);

  useEffect(() => {
    if (!run?.late || !responseEditor) return;
    const response = JSON.stringify(run.late, null, 2);
    run.late = null;
    responseEditor.setValue(response);
    updateActiveTabValues({ response });
  }, [run?.late, responseEditor]);
}

function useSchemaOfToken(headers) {
  const { introspect } = GraphiQL.React.useSchemaStore();
  const known = useRef(null);
  useEffect(() => {
    const authorization = authorizationIn(parseHeaders(headers));
    if (!server.needsToken || !authorization || authorization === known.current) return undefined;
    const typed = setTimeout(() => {
      known.current = authorization;
      introspect();
    }, TYPING_MS);
    return () => clearTimeout(typed);
  }, [headers]);
}

// An operation of the history has no headers; it keeps those that the user typed last.
function useKeptHeaders({ tabs, activeTabIndex, headerEditor }, headers) {
  const shown = tabs[activeTabIndex].headers;
  useEffect(() => {
    if (headers && !shown && headerEditor && !headerEditor.hasFocus()) headerEditor.setValue(headers);
  }, [shown, headerEditor]);
}

function usePrefilledOperation({ queryEditor, setOperationName }) {
  const isDone = useRef(!prefilled?.operationName);
  useEffect(() => {
    if (isDone.current || !queryEditor?.operations) return;
    isDone.current = true;
    const operation = queryEditor.operations.find(({ name }) => name?.value === prefilled.operationName);
    if (!operation) return;
    queryEditor.setCursor(operation.loc.startToken.line - 1, 0);
    setOperationName(prefilled.operationName);
  });
}

export function Session({ headers }) {
  const editor = GraphiQL.React.useEditorContext({ nonNull: true });
  useTabs(editor);
  useKeptHeaders(editor, headers);
  useSchemaOfToken(headers);
  usePrefilledOperation(editor);
  return null;
}
