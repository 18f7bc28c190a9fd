// The chart library as a separate bundle, loaded when the first chart is shown.

export { default as uPlot } from "uplot";
