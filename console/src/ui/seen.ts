// Which elements of a long list are in view. Each says who it is by `data-name`.
import { useCallback, useRef, useState, type RefCallback } from "react";

/** Elements this near to the edge are in view already. */
const NEAR_PX = 200;

/** What an element is held by, and the names of those in view. */
export function useSeen(): [hold: RefCallback<HTMLElement>, seen: ReadonlySet<string>] {
  const [seen, setSeen] = useState<ReadonlySet<string>>(new Set());
  const observer = useRef<IntersectionObserver>(null);
  const hold = useCallback((element: HTMLElement | null) => {
    if (!element) return undefined;
    observer.current ??= new IntersectionObserver(
      (changes) =>
        setSeen((before) => {
          const next = new Set(before);
          for (const { target, isIntersecting } of changes) {
            const name = (target as HTMLElement).dataset.name ?? "";
            if (isIntersecting) next.add(name);
            else next.delete(name);
          }
          return next;
        }),
      { rootMargin: `${NEAR_PX}px` },
    );
    observer.current.observe(element);
    return () => {
      observer.current?.unobserve(element);
      setSeen((before) => (before.has(element.dataset.name ?? "") ? new Set([...before].filter((name) => name !== element.dataset.name)) : before));
    };
  }, []);
  return [hold, seen];
}
