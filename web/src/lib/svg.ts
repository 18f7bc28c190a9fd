// A drawing of the page as an SVG file, with its current colours and fonts.

const kept = [
  "fill", "stroke", "stroke-width", "stroke-dasharray", "font-family", "font-size", "opacity",
];

/** The drawing in an element, in full, at its own size. */
export function svgText(drawn: SVGSVGElement, width: number, height: number): string {
  const copy = drawn.cloneNode(true) as SVGSVGElement;
  const originals = drawn.querySelectorAll<SVGElement>("*");
  copy.querySelectorAll<SVGElement>("*").forEach((element, at) => {
    const style = getComputedStyle(originals[at]!);
    element.removeAttribute("class");
    if (element.matches("rect, text, path")) {
      for (const name of kept) element.setAttribute(name, style.getPropertyValue(name));
    }
  });
  copy.querySelector("g")?.removeAttribute("transform");
  const margin = 16;
  copy.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  copy.setAttribute("viewBox",
    [-margin, -margin, width + 2 * margin, height + 2 * margin].map(Math.round).join(" "));
  const { backgroundColor } = getComputedStyle(drawn.parentElement!);
  copy.setAttribute("style", `background: ${backgroundColor}`);
  return new XMLSerializer().serializeToString(copy);
}
