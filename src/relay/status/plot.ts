import { type Markup, markup } from "./markup.ts";

const WIDTH = 260;
const HEIGHT = 64;
/** Space above the highest point, so that its whole line is visible. */
const TOP = 4;

/** One line of a plot; null is a gap. */
export interface Series {
  readonly values: readonly (number | null)[];
  /** The CSS class of its colour. */
  readonly colour: "a" | "b";
}

/**
 * A small plot as SVG, its lowest value 0, the newest at the right edge.
 *
 * @param title The text for screen readers.
 * @param points Number of values between the left and the right edge.
 */
export function plot(title: string, series: readonly Series[], points: number): Markup {
  const highest = Math.max(0, ...series.flatMap(({ values }) => values.map((one) => one ?? 0)));
  return markup`
    <svg class="plot" viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none"
      role="img"><title>${title}</title><path class="grid" d="M0 ${
    HEIGHT -
    0.5
  }H${WIDTH}M0 ${HEIGHT / 2}H${WIDTH}"/>${
    series.map((one) => curve(one, highest || 1, points))
  }</svg>
  `;
}

function curve({ values, colour }: Series, highest: number, points: number): Markup {
  const step = WIDTH / Math.max(1, points - 1);
  const runs: string[][] = [];
  let run: string[] | undefined;
  values.forEach((value, i) => {
    if (value === null) return void (run = undefined);
    if (!run) runs.push(run = []);
    const x = WIDTH - (values.length - 1 - i) * step;
    const y = HEIGHT - 1 - (value / highest) * (HEIGHT - 1 - TOP);
    run.push(`${x.toFixed(1)} ${y.toFixed(1)}`);
  });
  // A single point becomes a short line.
  const lines = runs.map((one) => one.length === 1 ? `M${one[0]}h1` : `M${one.join("L")}`).join("");
  const areas = runs.filter((one) => one.length > 1).map((one) => {
    const [first, last] = [one[0]!.split(" ")[0], one.at(-1)!.split(" ")[0]];
    return `M${first} ${HEIGHT}L${one.join("L")}L${last} ${HEIGHT}Z`;
  }).join("");
  return markup`
    <path class="area ${colour}" d="${areas}" />
    <path class="line ${colour}" d="${lines}" />
  `;
}
