/** The Sweep view's part of the address: every state comes back from its link, and what cannot be used is named. */
import { describe, expect, test } from 'vitest';
import { splitHash } from '../../../../src/ui/address.ts';
import { withAxis, withBaseValue, withSampling } from '../../../../src/ui/sweep/document.ts';
import { EXAMPLES, FIRST_EXAMPLE } from '../../../../src/ui/sweep/examples.ts';
import { readLink, writeLink } from '../../../../src/ui/sweep/link.ts';
import { initialSweepState, reduceSweep } from '../../../../src/ui/sweep/reducer.ts';
import { NO_LOWER, NO_UPPER } from '../../../../src/ui/sweep/selection.ts';
import type { SweepAction, SweepViewState } from '../../../../src/ui/sweep/state.ts';

const DOCUMENT = { title: 'Tiny “ü” & = #', experiment: { iterations: 20 }, axes: [] };
const AXES = [
  { path: 'model.depth', values: [2, 4, 8, 16] },
  { path: 'loss', values: ['mse', 'cross_entropy', 'x'] },
  { path: 'clip', values: [{ rule: 'none' }, { rule: 'value' }] },
  { path: 'seed', values: [1, 2] },
];
const opened: SweepAction = {
  type: 'worker',
  message: {
    type: 'opened',
    sweepId: 's',
    sweep: DOCUMENT,
    axes: AXES,
    points: [{ id: 'f00', values: [4, 'mse', { rule: 'none' }, 1] }],
    records: [],
  } as never,
};
const follow = (state: SweepViewState, ...actions: SweepAction[]) => actions.reduce(reduceSweep, state);
const start = initialSweepState(FIRST_EXAMPLE);
const open = follow(start, { type: 'open', sweepId: 's' }, opened);

/** What a page shows that opens with a state's link, once the stored sweep has come. */
function fromLink(hash: string, sweepId: string | undefined): SweepViewState {
  const first = initialSweepState(FIRST_EXAMPLE, readLink(hash, sweepId));
  return sweepId === undefined ? first : follow(first, { type: 'open', sweepId, byLink: true }, opened);
}

const KEPT = [
  'document',
  'mode',
  'pane',
  'view',
  'list',
  'selection',
  'columns',
  'quantity',
  'lower',
  'run',
  'textProblem',
] as const;
const kept = (state: SweepViewState) => Object.fromEntries(KEPT.map((key) => [key, state[key]]));

function expectSame(state: SweepViewState): string {
  const { hash, isWhole } = writeLink(state);
  expect(isWhole).toBe(true);
  const back = fromLink(hash, state.open?.sweepId);
  expect(back.notice).toBeUndefined();
  expect(kept(back)).toEqual(kept(state));
  expect(writeLink(back).hash).toBe(hash);
  return hash;
}

test('the opening page has no words; of an example its name is enough', () => {
  expect(writeLink(start).hash).toBe('');
  const [name, document] = EXAMPLES[1];
  expect(expectSame(follow(start, { type: 'document', document }))).toBe(`sweep=1&example=${name}`);
});

const [, other] = EXAMPLES[1];
test.each<[string, SweepAction[]]>([
  ['own axes, values, seeds', [{ type: 'document', document: { ...FIRST_EXAMPLE, axes: AXES } }]],
  ['a title of any letters', [{ type: 'document', document: { ...other, title: 'a&b=c#“ü”\n<b>%41' } }]],
  ['a base', [{ type: 'document', document: withBaseValue(other, 'model.depth', 1e-300) }]],
  ['a random sample', [{ type: 'document', document: withSampling(other, { count: 'many', seed: 3 }) }]],
  ['an axis less', [{ type: 'document', document: withAxis(FIRST_EXAMPLE, 0, undefined) }]],
  [
    'fields that no sweep has',
    [{ type: 'document', document: { ...FIRST_EXAMPLE, colour: [null, { a: true }], axes: undefined } }],
  ],
  ['nothing at all', [{ type: 'document', document: {} }]],
  [
    'JSON that cannot be read',
    [
      { type: 'mode', mode: 'json' },
      { type: 'text', text: '{"axes": [' },
    ],
  ],
])('a description with %s comes back', (_, actions) => {
  expectSame(follow(start, ...actions.map((action) => JSON.parse(JSON.stringify(action)))));
});

test.each<[string, string, SweepAction[]]>([
  ['nothing more', 'doc.', []],
  ['the axes of the map', 'y=none', [{ type: 'view', change: { y: undefined } }]],
  ['axes that have changed places', 'x=loss&y=model.depth', [{ type: 'view', change: { x: 1 } }]],
  ['a third axis', 'panels=seed', [{ type: 'view', change: { facet: 3 } }]],
  [
    'what is held',
    'hold.clip=1&hold.seed=0',
    [
      { type: 'fix', axis: 2, index: 1 },
      { type: 'fix', axis: 3, index: 0 },
    ],
  ],
  ['what is aggregated over', 'hold.clip=none', [{ type: 'fix', axis: 2, index: undefined }]],
  [
    'colour and slices',
    'slice=seed&lines=none&colour=growth',
    [{ type: 'view', change: { outcome: 'growth', sliceX: 3, sliceLines: undefined } }],
  ],
  [
    'sort and filter',
    'sort=axis%3Aloss&order=down&find=%26+x&verdict=diverged',
    [{ type: 'rows', change: { sort: 'axis:1', descending: true, text: '& x', verdict: 'diverged' } }],
  ],
  [
    'brushes',
    'brush.axis%3Amodel.depth=0-2&brush.loss=-1.5%7E&brush.maxNorm=%7Ediverged&brush.growth=diverged%7Ediverged&brush.verdict=none',
    [
      {
        type: 'select',
        brushes: [
          { column: 'axis:0', among: [0, 2] },
          { column: 'loss', from: -1.5, to: NO_UPPER },
          { column: 'maxNorm', from: NO_LOWER, to: Number.POSITIVE_INFINITY },
          { column: 'growth', from: Number.POSITIVE_INFINITY, to: Number.POSITIVE_INFINITY },
          { column: 'verdict', among: [] },
        ],
      },
    ],
  ],
  [
    'the open run',
    'layers=weight&run=f00&lower=run',
    [
      { type: 'run', id: 'f00' },
      { type: 'quantity', quantity: 'weight' },
    ],
  ],
  [
    'parallel coordinates',
    'columns=loss-growth&lower=parallel',
    [
      { type: 'lower', lower: 'parallel' },
      { type: 'columns', columns: ['loss', 'growth'] },
    ],
  ],
  ['the description on a phone', 'pane=form', [{ type: 'pane', pane: 'form' }]],
  ['the first example in the form beside other results', 'example=', [{ type: 'document', document: FIRST_EXAMPLE }]],
])('results with %s come back', (_, words, actions) => {
  expect(expectSame(follow(open, ...actions))).toContain(words);
});

test('until a stored sweep has come, and where it never does, its words stay in the link', () => {
  const { hash } = writeLink(follow(open, { type: 'view', change: { y: undefined } }));
  const waiting = initialSweepState(FIRST_EXAMPLE, readLink(hash, 's'));
  expect(writeLink(waiting).hash).toBe(hash);
  const failed = follow(
    waiting,
    { type: 'open', sweepId: 's', byLink: true },
    { type: 'worker', message: { type: 'failed', message: 'gone' } },
  );
  expect([writeLink(failed).hash, failed.document]).toEqual([hash, DOCUMENT]);
  // Started here, it is the same sweep.
  expect(follow(failed, { type: 'start', engine: 'cpu' }, opened).view.y).toBeUndefined();
});

test('a link that is followed within the page lays out the open sweep at once', () => {
  const moved = follow(open, { type: 'view', change: { y: undefined } }, { type: 'run', id: 'f00' });
  const { hash } = writeLink(moved);
  const there = follow(open, { type: 'link', link: readLink(hash, 's') });
  expect(kept(there)).toEqual(kept(moved));
});

test('an old link, which names a stored sweep alone, describes what it opens', () => {
  expect(fromLink('', 's').document).toEqual(DOCUMENT);
});

describe('what cannot be used is named, and the rest is used', () => {
  test.each([
    ['example=mine', /^example: "mine" is not valid; valid is .+ or none\.$/],
    ['mode=xml', /^mode: "xml" is not valid; valid is form or json\.$/],
    ['doc.axes=[1,', /^doc\.axes: it is not JSON/],
    ['doc.axes=1,"a":2', /^doc\.axes: it holds more than one value; valid is one value as JSON\.$/],
    ['doc.experiment={"__proto__":{"a":1}}', /^doc\.experiment: .*"__proto__"; remove it\.$/],
    ['doc.__proto__={"a":1}', /^doc\.__proto__: .*"__proto__"; remove it\.$/],
    [`doc.axes=${'['.repeat(50_000)}`, /^doc\.axes: .* nested more than 24 levels deep; valid are up to 24\.$/],
    ['color=red', /^"color" is not a word of the Sweep view\.$/],
    ['x=width', /^x: "width" is not valid; valid is model\.depth or loss or clip or seed\.$/],
    ['y=model.depth', /^y: "model\.depth" is not valid; valid is an axis that does not lie elsewhere\.$/],
    ['hold.clip=7', /^hold\.clip: "7" is not valid; valid is 0 to 1 or none\.$/],
    ['hold.width=0', /^hold\.width: "0" is not valid; valid is hold\. with model\.depth or/],
    ['colour=red', /^colour: "red" is not valid; valid is .*loss or/],
    ['sort=axis:9', /^sort: "axis:9" is not valid/],
    ['order=random', /^order: "random" is not valid; valid is up or down\.$/],
    ['verdict=fine', /^verdict: "fine" is not valid; valid is healthy or/],
    ['brush.loss=3~1', /^brush\.loss: "3~1" is not valid; valid is two numbers/],
    ['brush.loss=low', /^brush\.loss: "low" is not valid; valid is two numbers/],
    ['brush.axis:seed=0-9', /^brush\.axis:seed: "0-9" is not valid; valid is places from 0 to 1/],
    ['brush.mood=1~2', /^brush\.mood: "1~2" is not valid; valid is brush\. with/],
    ['columns=loss-mood', /^columns: "loss-mood" is not valid/],
    ['layers=cake', /^layers: "cake" is not valid; valid is gradient or/],
    ['run=f01', /^run: "f01" is not valid; valid is the id of a run of this sweep\.$/],
    ['lower=upper', /^lower: "upper" is not valid; valid is slices or/],
  ])('%.40s', (words, sentence) => {
    const state = fromLink(`sweep=1&doc.title="Kept"&find=kept&${words}`, 's');
    expect(state.notice).toMatch(sentence);
    expect(state.notice?.split('\n')).toHaveLength(1);
    expect([state.document.title, state.list.text]).toEqual(['Kept', 'kept']);
    expect(({} as { a?: unknown }).a).toBeUndefined();
  });

  test('another version, a megabyte, and results of no sweep', () => {
    const refused = (hash: string, id?: string) => readLink(hash, id).refused;
    expect(refused('sweep=2&mode=json')).toEqual([
      expect.stringMatching(/^The link has version 2 and this page reads version 1; the Sweep view shows/),
    ]);
    const huge = readLink(`sweep=1&doc.title="${'x'.repeat(1_000_000)}"`, undefined);
    expect([huge.document, huge.refused]).toEqual([
      FIRST_EXAMPLE,
      [expect.stringMatching(/has 1,000,\d+ characters and this page reads up to 65,536/)],
    ]);
    expect(refused('sweep=1&x=seed&run=a')).toEqual([expect.stringMatching(/^x, run: the link names no sweep/)]);
  });

  test('a description that is too long for a link is left out of it, and nothing else; control: one that fits', () => {
    const long = (n: number) =>
      follow(open, { type: 'document', document: { title: 'x'.repeat(n) } }, { type: 'lower', lower: 'runs' });
    expect(writeLink(long(70_000))).toEqual({ hash: 'sweep=1&lower=runs', isWhole: false });
    expect(writeLink(long(60_000)).isWhole).toBe(true);
  });
});

test('each view has its part of the hash', () => {
  expect(splitHash('v=1&model.depth=3&sweep=1&doc.title=%26sweep%3D')).toEqual({
    lab: 'v=1&model.depth=3',
    sweep: 'sweep=1&doc.title=%26sweep%3D',
  });
  expect(splitHash('v=1&model.depth=3')).toEqual({ lab: 'v=1&model.depth=3', sweep: '' });
  expect(splitHash('sweep=1')).toEqual({ lab: '', sweep: 'sweep=1' });
});
