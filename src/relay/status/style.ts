/** The page's style sheet. The page contains it and allows no other. */
export const STYLE = `
:root { color-scheme: light dark; --bg: #f6f7f9; --card: #fff; --text: #1b2430; --dim: #667085;
  --line: #e3e7ed; --a: #2563eb; --b: #d97706; --good: #15803d; --bad: #c2261e; --warn: #b45309; }
@media (prefers-color-scheme: dark) { :root { --bg: #10151c; --card: #181f29; --text: #e6eaf0;
  --dim: #93a0b3; --line: #2a3442; --a: #6ea8ff; --b: #f0a744; --good: #4ade80; --bad: #ff7b72;
  --warn: #f0a744; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--bg); color: var(--text);
  font: 14px/1.5 system-ui, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; }
main { max-width: 1180px; margin: 0 auto; padding: 24px 20px 40px; }
header { display: flex; flex-wrap: wrap; align-items: baseline; gap: 4px 14px; }
h1 { font-size: 20px; margin: 0; font-weight: 650; }
h2 { font-size: 15px; margin: 30px 0 8px; font-weight: 650; }
h2 small, .dim { color: var(--dim); font-weight: 400; }
code, td.mono, .address { font-family: ui-monospace, "DejaVu Sans Mono", monospace; font-size: 12.5px; }
.pill { border-radius: 99px; padding: 1px 10px; font-size: 12.5px; font-weight: 600;
  border: 1px solid currentColor; }
.good { color: var(--good); } .bad { color: var(--bad); } .warn { color: var(--warn); }
.facts { display: flex; flex-wrap: wrap; gap: 2px 22px; margin: 8px 0 18px; padding: 0;
  list-style: none; color: var(--dim); }
.facts b { color: var(--text); font-weight: 500; }
.tiles { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(340px, 100%), 1fr)); gap: 12px; }
.tile { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 12px 14px 10px; }
.tile h3 { margin: 0; font-size: 12.5px; font-weight: 500; color: var(--dim); }
.tile h3 { display: flex; justify-content: space-between; } .tile h3 span { font-weight: 400; }
.tile p { margin: 0 0 6px; font-size: 22px; font-weight: 650; line-height: 1.35;
  font-variant-numeric: tabular-nums; }
.tile p small { font-size: 12.5px; font-weight: 400; color: var(--dim); }
.key-a { color: var(--a); } .key-b { color: var(--b); }
.plot { display: block; width: 100%; height: 64px; }
.plot path { vector-effect: non-scaling-stroke; }
.grid { stroke: var(--line); fill: none; }
.line { fill: none; stroke-width: 1.6; stroke-linejoin: round; }
.line.a { stroke: var(--a); } .line.b { stroke: var(--b); }
.area { stroke: none; opacity: .13; } .area.a { fill: var(--a); } .area.b { fill: var(--b); }
.table { background: var(--card); border: 1px solid var(--line); border-radius: 10px; overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: 6px 14px; border-top: 1px solid var(--line); vertical-align: top; }
tr:first-child th { border-top: 0; }
th { color: var(--dim); font-weight: 500; font-size: 12.5px; white-space: nowrap; }
td { overflow-wrap: break-word; } td.mono { min-width: 11em; max-width: 34em; }
td.num, th.num { text-align: right; white-space: nowrap; }
td.short { white-space: nowrap; }
.none { padding: 12px 14px; margin: 0; color: var(--dim); }
footer { margin-top: 30px; color: var(--dim); }
a { color: var(--a); }
`;
