import "./valid-locale.ts";
import { render } from "preact";
import "./style/tokens.css";
import "./style/shell.css";
import "./style/symbols.css";
import "./style/symbol-side.css";
// Last: what gives way on small screens.
import "./style/symbol.css";
import { App } from "./pages/app.tsx";

const root = document.getElementById("app");
if (root === null) throw new Error("index.html has no #app");
render(<App />, root);
