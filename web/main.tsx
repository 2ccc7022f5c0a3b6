import "./valid-locale.ts";
import { render } from "preact";
// All style sheets are here: one that came with a later script would need a loader of its own.
import "uplot/dist/uPlot.min.css";
import "./style/tokens.css";
import "./style/places.css";
import "./style/shell.css";
import "./style/symbols.css";
import "./style/symbol-side.css";
import "./style/desk.css";
import "./style/explore.css";
import "./style/analytics.css";
// Last: what gives way on small screens, and on paper.
import "./style/symbol.css";
import "./style/print.css";
import { applyTheme, readTheme } from "./feed/theme.ts";
import { App } from "./pages/app.tsx";

applyTheme(readTheme());

const root = document.getElementById("app");
if (root === null) throw new Error("index.html has no #app");
render(<App />, root);
