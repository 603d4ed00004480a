// The entry of the page: GraphiQL, or help when it could not be loaded.
import { showHelp } from "./start.js";

if (window.React && window.ReactDOM && window.graphqlWs && window.GraphiQL) {
  const { App } = await import("./app.js");
  ReactDOM.createRoot(document.getElementById("graphiql")).render(React.createElement(App));
} else {
  showHelp();
}
