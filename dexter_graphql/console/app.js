// GraphiQL with the parts of this page.
import { prefilled, server } from "./content.js";
import { Estimate } from "./estimate.js";
import { Examples, ExamplesIcon, examples, initialVariables } from "./examples.js";
import { fetcher } from "./fetcher.js";
import { template } from "./headers.js";
import { Session } from "./session.js";
import { Status } from "./status.js";
import { storage } from "./storage.js";

const PANEL = "graphiql:panel";
const TABS = "graphiql:tabState";
const CLOSED = "closed";
const h = React.createElement;
const { useEffect, useState } = React;
const examplesPlugin = { title: "Examples", icon: ExamplesIcon, content: Examples };
const plugins = [examplesPlugin];
const operation = initialOperation();
const initialPlugin = storage.getItem(PANEL) === CLOSED ? undefined : examplesPlugin;

// What the editors have at first: the operation of the address, or the first example; later what they had.
function initialOperation() {
  if (prefilled) return { query: prefilled.query, variables: prefilled.variables };
  if (storage.getItem(TABS) !== null) return {};
  return { query: examples[0].document, variables: initialVariables(examples[0]) };
}

function rememberPanel(plugin) {
  storage.setItem(PANEL, plugin?.title === examplesPlugin.title ? "open" : CLOSED);
}

function Toolbar({ prettify, merge, copy }) {
  return h(React.Fragment, null, h(Estimate), prettify, merge, copy);
}

function Console() {
  const [headers, setHeaders] = useState(template);
  return h(
    GraphiQL,
    {
      fetcher,
      plugins,
      storage,
      visiblePlugin: initialPlugin,
      onTogglePluginVisibility: rememberPanel,
      defaultQuery: "",
      defaultHeaders: headers,
      ...operation,
      onEditHeaders: (text) => text.trim() && setHeaders(text),
      defaultEditorToolsVisibility: server.needsToken ? "headers" : "variables",
      shouldPersistHeaders: false,
      isHeadersEditorEnabled: true,
    },
    h(GraphiQL.Logo, null, null),
    h(GraphiQL.Toolbar, null, Toolbar),
    h(GraphiQL.Footer, null, h(Status)),
    h(Session, { headers }),
  );
}

// GraphiQL decides on its first render whether the panel is hidden, so the open panel has to be known before.
export function App() {
  const [isReady, setIsReady] = useState(false);
  useEffect(() => setIsReady(true), []);
  if (isReady) return h(Console);
  return h(GraphiQL.React.PluginContextProvider, { plugins, visiblePlugin: initialPlugin }, null);
}
