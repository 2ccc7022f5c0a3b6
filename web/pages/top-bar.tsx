import type { ComponentChildren } from "preact";
import { type Connection, ConnectionState } from "./connection-state.tsx";
import { Link } from "./link.tsx";

export function TopBar(props: {
  read(): Connection;
  onRetry(): void;
  children?: ComponentChildren;
}) {
  return (
    <header class="top-bar">
      <Link to="/" class="brand" label="Edgetape: all symbols">
        <Mark />
        <span>Edgetape</span>
      </Link>
      <div class="top-bar-middle">{props.children}</div>
      <ConnectionState read={props.read} onRetry={props.onRetry} />
    </header>
  );
}

function Mark() {
  return (
    <svg viewBox="0 0 20 20" width="20" height="20" aria-hidden="true">
      <g stroke-width="1.4" stroke-linecap="round">
        <path stroke="var(--up)" d="M4 3v13" />
        <path stroke="var(--down)" d="M10 2v12" />
        <path stroke="var(--accent)" d="M16 6v12" />
      </g>
      <rect x="2" y="7" width="4" height="6" rx="0.8" fill="var(--up)" />
      <rect x="8" y="4" width="4" height="6" rx="0.8" fill="var(--down)" />
      <rect x="14" y="9" width="4" height="6" rx="0.8" fill="var(--accent)" />
    </svg>
  );
}
