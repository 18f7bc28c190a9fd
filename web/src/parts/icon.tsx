// The explorer's own icons: 16 by 16, one stroke.

const shapes = {
  overview: "M13.2 9.6A5.6 5.6 0 1 1 6.4 2.8a4.4 4.4 0 0 0 6.8 6.8z",
  program: "M5.5 4.5 2 8l3.5 3.5M10.5 4.5 14 8l-3.5 3.5M9 3 7 13",
  map: "M2.5 3.5h11v9h-11zM2.5 6.5h11M6.5 6.5v6",
  attach: "M8 1.5v6M5 7.5h6v2a3 3 0 0 1-6 0zM8 12.5v2M5.5 1.5v6M10.5 1.5v6",
  owner: "M8 7.5a2.6 2.6 0 1 0 0-5.2 2.6 2.6 0 0 0 0 5.2z" +
    "M2.8 13.7c.6-2.6 2.6-4 5.2-4s4.6 1.4 5.2 4",
  graph: "M4 5.5a2 2 0 1 0 0-4 2 2 0 0 0 0 4zM12 8.5a2 2 0 1 0 0-4 2 2 0 0 0 0 4z" +
    "M5 14.5a2 2 0 1 0 0-4 2 2 0 0 0 0 4zM5.8 4.3l4.3 1.6M4.2 5.5l.6 5M6.6 11.3l4-3.3",
  btf: "M3 2.5h7l3 3v8H3zM9.5 2.5v3.5H13M5.5 8.5h5M5.5 11h3.5",
  console: "M2.5 3.5h11v9h-11zM4.5 6l2 2-2 2M8 10.5h3",
  trace: "M2.5 4h2M6.5 4h7M2.5 8h2M6.5 8h5M2.5 12h2M6.5 12h6",
  tool: "M9.6 6.4 3.2 12.8M8.8 4.2a3 3 0 0 1 3.9-1.6l-1.6 1.6.7 1.4 1.4.7 1.6-1.6" +
    "a3 3 0 0 1-4.4 3.2",
  exports: "M2.5 13.5h11M4 11V8M7 11V4.5M10 11V6.5M13 11V2.5",
  decoder: "M2.5 3.5h4v4h-4zM9.5 3.5h4M9.5 5.5h4M9.5 7.5h2.5M2.5 10h11M2.5 12.5h8",
  page: "M2.5 2.5h11v11h-11zM2.5 9l3-3 2.5 2.5L11 5l2.5 2.5",
  query: "M8 1.8 13.4 5v6L8 14.2 2.6 11V5zM8 1.8 3 11h10z",
  search: "M7 11.5a4.5 4.5 0 1 0 0-9 4.5 4.5 0 0 0 0 9zM10.4 10.4 14 14",
  menu: "M2.5 4.5h11M2.5 8h11M2.5 11.5h11",
  sun: "M8 10.8a2.8 2.8 0 1 0 0-5.6 2.8 2.8 0 0 0 0 5.6zM8 1.5v1.3M8 13.2v1.3M1.5 8h1.3" +
    "M13.2 8h1.3M3.4 3.4l.9.9M11.7 11.7l.9.9M12.6 3.4l-.9.9M4.3 11.7l-.9.9",
  auto: "M8 13.5a5.5 5.5 0 1 0 0-11 5.5 5.5 0 0 0 0 11zM8 2.5v11M8 5h3.8M8 8h5.5M8 11h3.8",
  copy: "M5.5 5.5h8v8h-8zM3.5 10.5h-1v-8h8v1",
  check: "M3 8.5 6.5 12 13 4.5",
  down: "M3.5 6 8 10.5 12.5 6",
  left: "M10 3.5 5.5 8l4.5 4.5",
  close: "M4 4l8 8M12 4l-8 8",
  save: "M8 2.5v8M4.5 7.5 8 11l3.5-3.5M2.5 13.5h11",
  pause: "M5.5 3.5v9M10.5 3.5v9",
  play: "M5 3.5v9l7.5-4.5z",
  plus: "M8 3v10M3 8h10",
  pin: "M6 2.5h4l-.5 4 2 2.5h-7l2-2.5zM8 9v5",
  trash: "M3 4.5h10M6.5 4.5v-2h3v2M4.5 4.5l.5 9h6l.5-9",
  edit: "M3 13l.7-3L10.5 3.2l2.3 2.3L6 12.3z",
  undo: "M3 6.5h6.5a3.5 3.5 0 0 1 0 7H6M5.5 4 3 6.5 5.5 9",
  more: "M3.5 8h.01M8 8h.01M12.5 8h.01",
  alert: "M8 2.2 14.5 13.5h-13zM8 6.5v3.5M8 11.8v.01",
  void: "M8 13.5a5.5 5.5 0 1 0 0-11 5.5 5.5 0 0 0 0 11zM4.2 4.2l7.6 7.6",
  key: "M10.5 8a2.8 2.8 0 1 0-2.6-1.7L2.5 11.7v1.8h2.3v-1.7h1.7v-1.7L8.3 8.3M11 4.9v.01",
} as const;

export type IconName = keyof typeof shapes;

export const Icon = ({ name }: { name: IconName }) => (
  <svg class="icon" viewBox="0 0 16 16" aria-hidden="true"><path d={shapes[name]} /></svg>
);

/** The mark: a moon in the eyepiece. */
export const Mark = () => (
  <svg viewBox="0 0 64 64" aria-hidden="true">
    <circle cx="32" cy="32" r="27" fill="none" stroke="#46527a" stroke-width="3" />
    <path d="M43 13a22 22 0 1 0 0 38 19 19 0 0 1 0-38z" fill="#f1c76a" />
    <circle cx="48" cy="32" r="4.4" fill="#f1c76a" />
  </svg>
);
