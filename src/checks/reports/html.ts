import { STATUS_CODES } from 'node:http';
import { CHECKS } from '../catalogue/checks.js';
import type { CheckReport, Evidence, Report, Run } from '../contract.js';
import { askMore, headline } from '../summary.js';
import { escaped } from './escape.js';
import { STYLE } from './style.js';
import { timelineSvg } from './timeline.js';

/** What a check sends and expects; a report keeps only its answer. */
const KNOWN = new Map(CHECKS.map((check) => [check.id, check]));
const ORDER = ['must', 'should', 'info'];

/** One file that needs nothing else: for somebody who has never seen Ringer, and has to mend the consumer. */
export function htmlReport({ report, timeline }: Run): string {
  const failures = report.checks
    .filter(({ verdict }) => verdict === 'fail')
    .sort((a, b) => ORDER.indexOf(a.severity) - ORDER.indexOf(b.severity));
  const rest = (verdict: CheckReport['verdict']) =>
    report.checks.filter((check) => check.verdict === verdict);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${escaped(headline(report))} · ringer check</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<header>
<p class="eyebrow">ringer check · ${escaped(report.provider)} · level ${report.level}</p>
<h1>${escaped(headline(report))}</h1>
<p>This consumer of webhooks was sent what the provider sends, on good days and on bad ones: duplicates, late and reordered
events, forged and broken requests. ${failures.length === 0 ? 'Below is everything that was asked, and what was not.' : 'Below is what it did wrong and how to mend it, then everything that was asked.'}</p>
${askMore(report)
  .map((more) => `<p>${escaped(more)}</p>`)
  .join('\n')}
<dl class="facts">
${fact('Target', report.target)}
${fact('Started', report.startedAt)}
${fact('Took', `${(report.durationMs / 1000).toFixed(1)} s`)}
${fact('Seed', report.seed)}
</dl>
<ul class="counts">
${count('fail', report.failed, 'failed')}
${count('pass', report.passed, 'passed')}
${count('skip', report.skipped, 'not asked')}
${count('na', report.notApplicable, 'not applicable')}
</ul>
</header>
${failures.length === 0 ? '' : `<section><h2>What to mend</h2>${failures.map(finding).join('\n')}${again(report)}</section>`}
<section>
<h2>Timeline</h2>
<p>Every request of the run, from its start to its answer. Point at a bar to read what it was; a check that failed is red, and its name leads to what is said of it.</p>
<div class="chart">${timelineSvg(report, timeline)}</div>
</section>
${list('Passed', rest('pass'))}
${list('Not asked', rest('skip'), 'What is missing for these is said with each.')}
${list('Not applicable', rest('not-applicable'), 'These cannot be asked of any consumer of this provider, mostly because of what the provider leaves out.')}
<footer>
<p><b>must</b>: events are lost, doubled or forged without it. <b>should</b>: it will hurt one day. <b>info</b>: good to know.
Level 0 sees answers alone; level 1 also the consumer’s state, read by a probe; level 2 whether it heals by asking the provider.</p>
</footer>
</main>
</body>
</html>
`;
}

function fact(name: string, value: string): string {
  return `<div><dt>${name}</dt><dd>${escaped(value)}</dd></div>`;
}

function count(kind: string, number: number, name: string): string {
  return `<li class="${kind}"><b>${number}</b> ${name}</li>`;
}

function finding(check: CheckReport): string {
  return `<article class="finding ${check.severity}" id="${escaped(check.id)}">
<h3><span class="tag">${check.severity}</span> <code>${escaped(check.id)}</code> ${escaped(check.title)}</h3>
<dl>
${asked(check)}<dt>What happened</dt><dd>${reason(check)}</dd>
${check.cause === null ? '' : `<dt>Likely cause, and what to do</dt><dd class="cause">${escaped(check.cause)}</dd>`}
<dt>See it again</dt><dd><pre>${escaped(check.reproduce)}</pre></dd>
<dt>The rule</dt><dd>${link(check.source)}</dd>
</dl>
${evidence(check)}
</article>`;
}

/** What was sent, and what a correct consumer does with it. */
function asked({ id }: CheckReport): string {
  const check = KNOWN.get(id);
  if (!check) return '';
  return `<dt>What was sent</dt><dd>${escaped(check.sends)}</dd>
<dt>What a correct consumer does</dt><dd>${escaped(check.expects)}</dd>
`;
}

/** Each state on a line of its own, where two are compared. */
function reason({ reason }: Pick<CheckReport, 'reason'>): string {
  const lines = reason.split(/ (?=In order: |This time: )/).map(escaped);
  const symbols = reason.includes('‹')
    ? ['<span class="quiet">‹…› stands for an id that was sent.</span>']
    : [];
  return [...lines, ...symbols].join('<br>');
}

/** The whole run once more: what each check repeats, without the one it is narrowed down to. */
function again({ checks }: Report): string {
  const [first] = checks;
  if (!first) return '';
  const everything = first.reproduce.replace(/ --only \S+$/, '');
  return `<p>When it is mended, ask everything again; <code>SECRET</code> is the secret that the consumer knows.</p>
<pre>${escaped(everything)}</pre>`;
}

function list(title: string, checks: readonly CheckReport[], intro = ''): string {
  if (checks.length === 0) return '';
  const rows = checks.map(
    (
      check,
    ) => `<details id="${escaped(check.id)}"><summary><code>${escaped(check.id)}</code> ${escaped(check.title)}${check.verdict === 'pass' ? '' : `<span class="why">${escaped(check.reason)}</span>`}</summary>
<dl>
${asked(check)}${check.verdict === 'pass' ? `<dt>What happened</dt><dd>${reason(check)}</dd>` : ''}
</dl>
<p class="quiet">${check.severity} · ${link(check.source)} · <code>${escaped(check.reproduce)}</code></p>
${evidence(check)}
</details>`,
  );
  return `<section><h2>${title}</h2>${intro === '' ? '' : `<p>${intro}</p>`}${rows.join('\n')}</section>`;
}

function evidence({ evidence: shots, id, verdict }: CheckReport): string {
  return shots
    .map((shot, i) => exchange(shot, `${id} ${i + 1}`, verdict === 'fail' && shot.decisive))
    .join('\n');
}

/** @param bad what the check failed by. */
function exchange(shot: Evidence, name: string, bad: boolean): string {
  const { label, request, signed, response, failure, durationMs } = shot;
  const outcome = response ? status(response.status) : `no answer: ${failure ?? 'unknown'}`;
  return `<details class="exchange"><summary>${bad ? '<b class="bad">✗</b> ' : ''}${escaped(label)} → <b>${escaped(outcome)}</b> <span class="quiet">${durationMs} ms</span></summary>
<p class="part">Sent</p>
<pre aria-label="request ${escaped(name)}">${escaped(`${request.method} ${request.url}\n${headerLines(request.headers)}\n\n${request.body}`)}</pre>
${signed === null ? '' : `<p class="part">What the signature covers</p><pre>${escaped(signed)}</pre>`}
<p class="part">Answered</p>
<pre>${response ? escaped(`${outcome}\n${headerLines(response.headers)}\n\n${response.body}`) : escaped(outcome)}</pre>
</details>`;
}

/** `401 Unauthorized` */
function status(code: number): string {
  return [code, STATUS_CODES[code]].filter(Boolean).join(' ');
}

function headerLines(headers: Evidence['request']['headers']): string {
  return headers.map(([name, value]) => `${name}: ${value}`).join('\n');
}

function link(source: string): string {
  return /^https?:\/\//.test(source)
    ? `<a href="${escaped(source)}" rel="noreferrer noopener">${escaped(source)}</a>`
    : escaped(source);
}
