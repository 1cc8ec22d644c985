/** Light and dark, and on paper. */
export const STYLE = `
:root{color-scheme:light dark;--ink:#1c2430;--quiet:#5a6675;--paper:#fff;--panel:#f5f7fa;--line:#dbe1e9;--bad:#b3261e;--warn:#8a5a00;--good:#1d6b3a;--link:#1f5fbf}
@media (prefers-color-scheme:dark){:root{--ink:#e7ecf3;--quiet:#a2aebd;--paper:#12161c;--panel:#1b212a;--line:#303946;--bad:#ff8a80;--warn:#ffcc66;--good:#7bd88f;--link:#8ab8ff}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.55 system-ui,sans-serif}
main{max-width:64rem;margin:0 auto;padding:2rem 1.25rem 4rem}
h1{font-size:2rem;line-height:1.2;margin:.2rem 0 .8rem}
h2{font-size:1.3rem;margin:2.6rem 0 .8rem;padding-top:.6rem;border-top:1px solid var(--line)}
h3{font-size:1.08rem;margin:0 0 .6rem}
.part{font-size:.85rem;font-weight:700;margin:.8rem 0 .3rem;color:var(--quiet)}
.eyebrow,.quiet{color:var(--quiet);font-size:.875rem}
code,pre{font:.85rem/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
pre{background:var(--panel);border:1px solid var(--line);border-radius:6px;padding:.7rem .9rem;margin:.2rem 0;overflow-x:auto;white-space:pre-wrap;overflow-wrap:anywhere}
a{color:var(--link);overflow-wrap:anywhere}
.facts{display:flex;flex-wrap:wrap;gap:.3rem 2rem;margin:1rem 0}
.facts div{display:flex;gap:.5rem}.facts dt{color:var(--quiet);font-weight:400;margin:0}.facts dd{overflow-wrap:anywhere}
.counts{display:flex;flex-wrap:wrap;gap:.75rem;padding:0;list-style:none}
.counts li{background:var(--panel);border:1px solid var(--line);border-radius:8px;padding:.4rem .9rem}
.counts b{font-size:1.25rem;margin-right:.2rem}.counts .fail b{color:var(--bad)}.counts .pass b{color:var(--good)}
.exchange .bad{color:var(--bad)}
.finding{border:1px solid var(--line);border-left:5px solid var(--bad);border-radius:8px;padding:1rem 1.2rem;margin:1rem 0;background:var(--panel)}
.finding.should,.finding.info{border-left-color:var(--warn)}
.finding pre{background:var(--paper)}
dl{margin:0 0 .6rem}dt{font-weight:600;margin-top:.6rem}dd{margin:0}
.cause{font-size:1.03rem}
.tag{display:inline-block;font-size:.75rem;font-weight:700;letter-spacing:.03em;color:var(--bad);border:1px solid currentColor;border-radius:4px;padding:0 .4rem;vertical-align:.1em}
.should .tag,.info .tag{color:var(--warn)}
details{border-bottom:1px solid var(--line);padding:.45rem 0}
details.exchange{border:1px solid var(--line);border-radius:6px;padding:.35rem .8rem;margin:.4rem 0;background:var(--paper)}
summary{cursor:pointer}
.why{display:block;margin-left:1.1rem;color:var(--quiet);font-size:.9rem}
dl dd{overflow-wrap:anywhere}
summary:focus-visible,a:focus-visible{outline:2px solid var(--link);outline-offset:2px}
.chart{overflow-x:auto}.chart svg{min-width:56rem;width:100%;height:auto;display:block}
.grid{stroke:var(--line)}.tick{font-size:11px;fill:var(--quiet);text-anchor:middle}
.name{font-size:11px;fill:var(--quiet);text-anchor:end}.name.bad{fill:var(--bad);font-weight:700}
rect.taken,.key.taken{fill:var(--good);background:var(--good)}
rect.turned,.key.turned{fill:var(--link);background:var(--link)}
rect.crashed,.key.crashed{fill:var(--bad);background:var(--bad)}
rect.hostile,rect.broken{fill-opacity:.35;stroke:currentColor;stroke-width:1}
.legend{font-size:.85rem;color:var(--quiet)}
.key,.key-hostile{display:inline-block;width:.9em;height:.9em;border-radius:2px;vertical-align:-.1em;margin:0 .25em 0 .9em}
.key-hostile{border:1px solid currentColor}
footer{margin-top:3rem;color:var(--quiet);font-size:.9rem}
@media print{details{break-inside:avoid}}
`;
