/** The report's looks: light and dark as the reader's system is, one column on a phone. */
export const STYLE = `
:root { color-scheme: light dark; --back: #fff; --text: #1c2330; --quiet: #5a6577; --line: #d7dce4; --cell: #c3cad5;
  --s0: #0072b2; --s1: #d55e00; --s2: #009e73; --s3: #a3478a; --s4: #8a6d00; --s5: #56606f; }
@media (prefers-color-scheme: dark) { :root { --back: #11151c; --text: #e6eaf0; --quiet: #9aa6b8; --line: #2b3442; --cell: #465163;
  --s0: #56b4e9; --s1: #ff8a3d; --s2: #2ecc9b; --s3: #e39ac8; --s4: #f0c419; --s5: #aab4c3; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1.5rem 1rem 3rem; max-width: 76rem; background: var(--back); color: var(--text);
  font: 15px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.6rem; line-height: 1.2; margin: 0 0 .5rem; }
h2 { font-size: 1.2rem; margin: 2.2rem 0 .4rem; border-top: 1px solid var(--line); padding-top: 1.2rem; }
h3 { font-size: 1rem; margin: 1.4rem 0 .4rem; }
p { margin: .3rem 0 .8rem; max-width: 50rem; }
.quiet { color: var(--quiet); fill: var(--quiet); }
code { font: .88em ui-monospace, monospace; overflow-wrap: anywhere; }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 26rem), 1fr)); gap: 1.2rem 1.6rem; align-items: start; }
figure { margin: 0; max-width: 36rem; }
figcaption { font-weight: 600; margin-bottom: .3rem; }
svg { display: block; width: 100%; height: auto; }
svg text { font: 12px system-ui, sans-serif; fill: var(--text); }
svg text.name { fill: var(--quiet); }
svg text.quiet { fill: var(--quiet); }
.cell { stroke: var(--cell); stroke-width: .6; }
.open { stroke-dasharray: 2 3; }
svg text.letter, .letter { font: 600 11px system-ui, sans-serif; fill: #fff; color: #fff; paint-order: stroke; stroke: #0006; stroke-width: 2px; }
.under, .over { fill: none; stroke-linecap: round; }
.under { stroke: #000b; stroke-width: 3.6; }
.over { stroke: #fff; stroke-width: 1.6; }
.grid { stroke: var(--line); fill: none; }
.curve { fill: none; stroke-width: 2; stroke-linejoin: round; }
.break { fill: none; stroke-width: 2.4; }
.band { fill-opacity: .18; }
${[0, 1, 2, 3, 4, 5].map((k) => `.curve.s${k}, .break.s${k} { stroke: var(--s${k}); } .band.s${k}, .dot.s${k} { fill: var(--s${k}); }`).join('\n')}
.curve.s1 { stroke-dasharray: 7 3; } .curve.s2 { stroke-dasharray: 2 3; } .curve.s3 { stroke-dasharray: 9 3 2 3; }
.curve.s4 { stroke-dasharray: 4 4; } .curve.s5 { stroke-dasharray: 12 4; }
.legend { list-style: none; display: flex; flex-wrap: wrap; gap: .2rem 1.1rem; padding: 0; margin: .4rem 0 0; font-size: .85rem; }
.legend li { display: flex; align-items: center; gap: .4rem; }
.legend svg { width: 30px; flex: none; }
.swatch { display: inline-block; width: 1.3em; height: 1.3em; line-height: 1.3em; text-align: center; border-radius: 3px; text-shadow: 0 0 2px #000; }
.marks svg { width: 18px; height: 18px; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-size: .88rem; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: .25rem .8rem .25rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
th { color: var(--quiet); font-weight: 600; }
td.n, th.n { text-align: right; }
td.n, th.n, td.v, td code { white-space: nowrap; }
`;
