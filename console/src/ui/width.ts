// The size of the inside of an element, as it changes.
import { useCallback, useRef, useState } from "react";

export interface Size {
  width: number;
  height: number;
}

export function useSize(): [(element: HTMLElement | null) => void, Size] {
  const [size, setSize] = useState<Size>({ width: 600, height: 0 });
  const observer = useRef<ResizeObserver>(null);
  const hold = useCallback((element: HTMLElement | null) => {
    observer.current?.disconnect();
    if (!element) return;
    observer.current = new ResizeObserver((seen) => {
      const box = seen[0]?.contentRect;
      if (box) setSize({ width: Math.floor(box.width), height: Math.floor(box.height) });
    });
    observer.current.observe(element);
  }, []);
  return [hold, size];
}
