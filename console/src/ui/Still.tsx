// What is out of view stays as it was drawn last: figures that nobody sees cost nothing.
import { useRef, type ReactNode } from "react";
import { useSeen } from "./seen";

const NAME = "inside";

export function Still({ className, children }: { className: string; children: ReactNode }) {
  const [hold, seen] = useSeen();
  const drawn = useRef(children);
  if (seen.has(NAME)) drawn.current = children;
  return (
    <div className={className} ref={hold} data-name={NAME}>
      {drawn.current}
    </div>
  );
}
