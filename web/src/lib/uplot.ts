// The library that draws charts, as a part of its own: it is fetched when the first is shown.

export { default as uPlot } from "uplot";
