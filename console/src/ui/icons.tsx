// Icons of our own on a grid of 16, drawn with one pen. They stand beside words, so that readers by ear skip them.

const SHAPES = {
  overview: ["M2 9h3l2-6 3 10 2-4h2"],
  messages: ["M2 4h12v9H2z", "m2 5 6 4.500L14 5"],
  interfaces: ["M2 4h4M10 4h4M2 12h4M10 12h4M6 2v4M10 2v4", "M6 4h4M6 12h4"],
  map: ["M2 3h4v3H2zM10 10h4v3h-4zM10 3h4v3h-4z", "M6 4.500h4M6 4.500c3 0 1 7 4 7"],
  bench: ["M3 13h10M5 13V8l-2-5h10l-2 5v5M5 8h6"],
  bell: ["M4 11V7a4 4 0 0 1 8 0v4l1 1.500H3z", "M7 14.500h2"],
  table: ["M2 3h12v10H2zM2 6.500h12M7 6.500V13"],
  book: ["M8 4C6.500 3 4 2.800 2 3v9.500c2-.2 4.500 0 6 1 1.500-1 4-1.200 6-1V3c-2-.2-4.500 0-6 1z", "M8 4v9.500"],
  changes: ["M4 5a1.500 1.500 0 1 0 0-3 1.500 1.500 0 0 0 0 3zM4 14a1.500 1.500 0 1 0 0-3 1.500 1.500 0 0 0 0 3zM12 6a1.500 1.500 0 1 0 0-3 1.500 1.500 0 0 0 0 3z", "M4 5v6M12 6c0 4-8 1-8 5"],
  audit: ["M4 2h8v12l-2-1.500-2 1.500-2-1.500L4 14z", "M6.500 6h3M6.500 9h3"],
  users: ["M6 8a2.500 2.500 0 1 0 0-5 2.500 2.500 0 0 0 0 5zM2 13c0-2.500 2-3.500 4-3.500s4 1 4 3.500", "M11 3.500a2.200 2.200 0 0 1 0 4M12 9.800c1.300.4 2 1.400 2 3.200"],
  system: ["M2 3h12v4H2zM2 9h12v4H2z", "M5 5h.01M5 11h.01"],
  good: ["M8 14.500a6.500 6.500 0 1 0 0-13 6.500 6.500 0 0 0 0 13z", "m5.200 8.200 2 2L11 6"],
  bad: ["M8 14.500a6.500 6.500 0 1 0 0-13 6.500 6.500 0 0 0 0 13z", "m6 6 4 4M10 6l-4 4"],
  warn: ["M8 2 14.500 13.500h-13z", "M8 6.500v3M8 11.600v.01"],
  paused: ["M8 14.500a6.500 6.500 0 1 0 0-13 6.500 6.500 0 0 0 0 13z", "M6.500 6v4M9.500 6v4"],
  held: ["M4 7V5a4 4 0 0 1 8 0v2", "M3 7h10v7H3z"],
  silent: ["M8 14.500a6.500 6.500 0 1 0 0-13 6.500 6.500 0 0 0 0 13z", "M5 8h6"],
  moving: ["M2 8h10M9 5l3 3-3 3"],
  filtered: ["M2 3h12L9.500 8.500V13l-3-1.500v-3z"],
  deleted: ["M3 4h10M6 4V2.500h4V4M4.500 4l.5 9.500h6l.5-9.500"],
  expired: ["M8 14.500a6.500 6.500 0 1 0 0-13 6.500 6.500 0 0 0 0 13z", "M8 4.500V8l2.500 1.500"],
  search: ["M7 12A5 5 0 1 0 7 2a5 5 0 0 0 0 10z", "m11 11 3.500 3.500"],
  sun: ["M8 11a3 3 0 1 0 0-6 3 3 0 0 0 0 6z", "M8 1v1.500M8 13.500V15M1 8h1.500M13.500 8H15M3 3l1 1M12 12l1 1M3 13l1-1M12 4l1-1"],
  moon: ["M13.500 9.500A6 6 0 0 1 6.500 2.500a6 6 0 1 0 7 7z"],
  keys: ["M1.500 4h13v8h-13z", "M4 6.500h.01M6.700 6.500h.01M9.300 6.500h.01M12 6.500h.01M5 9.500h6"],
  check: ["m3 8.500 3.500 3.500L13 4.500"],
  close: ["m4 4 8 8M12 4l-8 8"],
  down: ["m4 6 4 4 4-4"],
  back: ["m10 4-4 4 4 4"],
  next: ["m6 4 4 4-4 4"],
  eye: ["M1.500 8C3 5 5.300 3.500 8 3.500S13 5 14.500 8C13 11 10.700 12.500 8 12.500S3 11 1.500 8z", "M8 10a2 2 0 1 0 0-4 2 2 0 0 0 0 4z"],
  masked: ["M1.500 8C3 5 5.300 3.500 8 3.500S13 5 14.500 8C13 11 10.700 12.500 8 12.500S3 11 1.500 8z", "m3 13 10-10"],
  again: ["M13.500 8A5.500 5.500 0 1 1 11.800 4", "M12 1v3.300H8.700"],
  play: ["M5 3v10l8-5z"],
} as const;

export type IconName = keyof typeof SHAPES;

export function Icon({ name, className = "" }: { name: IconName; className?: string }) {
  return (
    <svg className={`icon ${className}`} viewBox="0 0 16 16" aria-hidden="true" focusable="false">
      {SHAPES[name].map((shape) => (
        <path key={shape} d={shape} />
      ))}
    </svg>
  );
}

export function Mark() {
  return (
    <svg className="mark" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d="M2 5c6 0 5.500 7 10 7s4 7 10 7" />
      <path d="M2 19c6 0 5.500-7 10-7s4-7 10-7" />
      <path className="middle" d="M2 12h20" />
    </svg>
  );
}
