import type { ComponentChildren } from "preact";

/** Show another page of the dashboard without loading it anew. The same again is no step to go back to. */
export function navigate(path: string): void {
  if (path === window.location.pathname + window.location.search) return;
  const before = window.location.pathname;
  window.history.pushState(null, "", path);
  // Another page begins at its top.
  if (window.location.pathname !== before) window.scrollTo(0, 0);
  window.dispatchEvent(new PopStateEvent("popstate"));
}

/** Show another state of the same page, in place of this one. */
export function replace(path: string): void {
  window.history.replaceState(null, "", path);
  window.dispatchEvent(new PopStateEvent("popstate"));
}

/** A link within the dashboard; with a modifier key or the middle button it is a link like any other. */
export function Link(props: {
  to: string;
  class?: string;
  label?: string;
  current?: boolean;
  children: ComponentChildren;
}) {
  return (
    <a
      href={props.to}
      class={props.class}
      aria-label={props.label}
      aria-current={props.current ? "page" : undefined}
      onClick={(event: MouseEvent) => {
        if (event.metaKey || event.ctrlKey || event.shiftKey || event.button !== 0) return;
        event.preventDefault();
        navigate(props.to);
      }}
    >
      {props.children}
    </a>
  );
}
