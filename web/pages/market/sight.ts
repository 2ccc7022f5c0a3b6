interface Sight {
  /** The function it returns ends that. */
  observe(element: Element | null, tell: (isSeen: boolean) => void): () => void;
}

/** What is about to be scrolled to is in sight, in pixels. */
const AHEAD = "200px";

function createSight(): Sight {
  const told = new Map<Element, (isSeen: boolean) => void>();
  const observer = new IntersectionObserver(
    (entries) => {
      for (const { target, isIntersecting } of entries) told.get(target)?.(isIntersecting);
    },
    { rootMargin: AHEAD },
  );
  // On paper everything is in sight.
  window.addEventListener("beforeprint", () => {
    for (const tell of told.values()) tell(true);
  });
  return {
    observe(element, tell) {
      if (element === null) return () => {};
      told.set(element, tell);
      observer.observe(element);
      return () => {
        told.delete(element);
        observer.unobserve(element);
      };
    },
  };
}

/** Tells elements when they come into sight and when they leave it. */
export const sight = createSight();
