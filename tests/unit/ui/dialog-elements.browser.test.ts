/** The dialogs and what stands in them, each by itself: what it shows, what it asks for, and nothing for axe to find. */
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { ATTRIBUTIONS } from '../../../src/data/load.ts';
import type { AdapterReport } from '../../../src/engine/report.ts';
import { parseExperiment } from '../../../src/model/experiment.ts';
import type { ExperimentInput } from '../../../src/model/schema.ts';
import type { Credits } from '../../../src/ui/credits.ts';
import '../../../src/ui/dialogs.ts';
import { openLabStore } from '../../../src/sweep/store-lab.ts';
import type { Dialogs } from '../../../src/ui/dialogs.ts';
import type { ExportPanel } from '../../../src/ui/export/export-panel.ts';
import type { Incoming } from '../../../src/ui/import/files.ts';
import type { ImportDialog } from '../../../src/ui/import/import-dialog.ts';
import type { FilesPanel } from '../../../src/ui/library/files-panel.ts';
import { putAway, runStore, within } from '../../../src/ui/library/keep.ts';
import type { KeptOthers } from '../../../src/ui/library/kept-others.ts';
import type { KeptRuns } from '../../../src/ui/library/kept-runs.ts';
import type { MachinePanel } from '../../../src/ui/machine-panel.ts';
import { type Action, identityOf, initialState, type LabState } from '../../../src/ui/state.ts';
import { tabSession } from '../../../src/ui/tab-session.ts';
import { button, choose, expectAccessible, find, findAll, press, rowsOf, show, soon, wordsOf } from '../../support/elements.ts';
import { syntheticTrace } from '../../support/synthetic.ts';

/** Files that were handed to the browser: name and text. */
let saved: [string, string][] = [];
beforeEach(() => {
  saved = [];
  const blobs = new Map<string, Blob>();
  const { createObjectURL } = URL;
  vi.spyOn(URL, 'createObjectURL').mockImplementation((blob) => {
    const address = createObjectURL.call(URL, blob as Blob);
    blobs.set(address, blob as Blob);
    return address;
  });
  vi.spyOn(HTMLAnchorElement.prototype, 'click').mockImplementation(function (this: HTMLAnchorElement) {
    const at = saved.push([this.download, '']) - 1;
    void blobs
      .get(this.href)
      ?.text()
      .then((text) => {
        saved[at][1] = text;
      });
  });
});
afterEach(() => {
  vi.restoreAllMocks();
  document.body.replaceChildren();
});

function labOf(change: Partial<LabState> = {}, inputs: readonly ExperimentInput[] = [{ seed: 3 }]): LabState {
  const experiments = inputs.map((input) => parseExperiment(input));
  const traces = experiments.map(() => syntheticTrace({ iterations: 3, row: (i) => (i === 2 ? { loss: Number.NaN } : {}) }));
  return { ...initialState(), experiments, ...identityOf(experiments), traces, titles: inputs.map(() => 'Mine'), ...change };
}

describe('<nabla-machine>', () => {
  const report: AdapterReport = {
    engine: 'gpu',
    why: 'A hardware adapter was found.',
    adapter: {
      vendor: 'v',
      architecture: '',
      device: '',
      description: 'Card',
      software: true,
      features: ['shader-f16', 'timestamp-query'],
      limits: { maxBufferSize: 268_435_456 },
    },
  };
  const checks = [{ name: 'secure context', outcome: 'passed', found: 'yes' }] as const;

  test('shows engine, checks, adapter and limits, and asks for another engine', async () => {
    const { element, details } = await show<MachinePanel>('nabla-machine', { lab: labOf({ report, checks }) });
    expect(wordsOf(element)).toContain('WebGPU · Card · software. A hardware adapter was found.');
    expect(findAll(element, '.checks li').map(wordsOf).slice(0, 2)).toEqual([
      '✓ passed: The page is secure: yes',
      '· The browser offers WebGPU: not reached',
    ]);
    const facts = findAll(element, 'dt').map((term) => [wordsOf(term), wordsOf(term.nextElementSibling as Element)]);
    expect(facts).toContainEqual(['architecture', 'not told by the browser']);
    expect(facts).toContainEqual(['features', 'shader-f16, timestamp-query']);
    expect(facts).toContainEqual(['maxBufferSize', '268,435,456']);
    expect(button(element, 'auto').ariaPressed).toBe('true');
    button(element, 'CPU').click();
    expect(details('action')).toEqual([{ type: 'engine', engine: 'cpu' }]);
    find(element, 'summary').click();
    await expectAccessible(element);
  });

  test('copies diagnostics and says so', async () => {
    const written = vi.spyOn(navigator.clipboard, 'writeText').mockResolvedValue();
    const { element } = await show<MachinePanel>('nabla-machine', { lab: labOf({ report, checks }) });
    button(element, 'Copy diagnostics').click();
    await soon(() => expect(wordsOf(find(element, '[role=status]'))).toBe('Diagnostics copied'));
    expect(JSON.parse(written.mock.calls[0][0])).toMatchObject({ checks, report: { engine: 'gpu' } });
  });

  test('of an engine that was not asked for a GPU says how to have the checks made', async () => {
    const { element } = await show<MachinePanel>('nabla-machine', {
      lab: labOf({ report: { engine: 'cpu', why: 'Asked for.' } }),
    });
    expect(wordsOf(element)).toContain('None was made, because the CPU engine was asked for. Choose auto or GPU');
  });
});

describe('<nabla-credits>', () => {
  test('names every data set with its licence, and each link says that it opens a tab', async () => {
    const { element } = await show<Credits>('nabla-credits');
    for (const { title, licence } of Object.values(ATTRIBUTIONS)) {
      expect(wordsOf(element)).toContain(title);
      expect(wordsOf(element)).toContain(licence);
    }
    for (const link of findAll<HTMLAnchorElement>(element, 'a'))
      expect([wordsOf(link), link.rel]).toEqual([expect.stringMatching(/of .+, in a new tab$/), 'noreferrer']);
    await expectAccessible(element);
  });
});

describe('<nabla-export>', () => {
  test('writes the experiments, and the chosen curves with NaN as such', async () => {
    const { element, settled } = await show<ExportPanel>('nabla-export', { lab: labOf() });
    button(element, 'Experiments as JSON').click();
    await soon(() => expect(saved[0]?.[1]).not.toBe(''));
    expect([saved[0][0], JSON.parse(saved[0][1])]).toEqual([
      'nablascope-experiments.json',
      expect.objectContaining({ experiments: [expect.objectContaining({ experiment: expect.objectContaining({ seed: 3 }) })] }),
    ]);
    button(element, 'CSV').click();
    await soon(() => expect(saved[1]?.[1]).toContain('\n'));
    const [head, ...rows] = saved[1][1]
      .trim()
      .split('\n')
      .map((line) => line.split(','));
    expect([saved[1][0], rows.map((row) => row[head.indexOf('loss')])]).toEqual(['nablascope-traces.csv', ['1', '1', 'NaN']]);
    await settled();
    expect(wordsOf(find(element, '[role=status]'))).toBe('3 rows of traces written.');
    await expectAccessible(element);
  });

  test('writes all tables that have rows, a file each', async () => {
    const { element } = await show<ExportPanel>('nabla-export', { lab: labOf() });
    choose(find(element, 'select'), 'all');
    button(element, 'JSON').click();
    await soon(() => expect(wordsOf(find(element, '[role=status]'))).toMatch(/traces, .* written\.$/));
    const names = saved.map(([name]) => name);
    expect(names).toContain('nablascope-layers.json');
    // Nothing was evaluated.
    expect(names).not.toContain('nablascope-tests.json');
  });

  test('writes what was changed in mid-run, and since when', async () => {
    const marks = [{ iteration: 40, text: 'A and B: Learning rate 0.1, Clip at 2' }];
    const { element } = await show<ExportPanel>('nabla-export', { lab: labOf({ marks }) });
    choose(find(element, 'select'), 'changes');
    button(element, 'CSV').click();
    await soon(() => expect(wordsOf(find(element, '[role=status]'))).toBe('1 row of changes written.'));
    await soon(() => expect(saved[0]?.[1]).not.toBe(''));
    expect(saved[0]).toEqual([
      'nablascope-changes.csv',
      expect.stringMatching(/^iteration,change\r?\n40,"A and B: Learning rate 0\.1, Clip at 2"\r?\n$/),
    ]);
  });

  test('before the first iteration says that there are no curves', async () => {
    const { element } = await show<ExportPanel>('nabla-export', { lab: labOf({ traces: undefined }) });
    expect(button(element, 'CSV').disabled).toBe(true);
    expect(wordsOf(find(element, '[role=status]'))).toMatch(/no iteration has been trained/);
  });
});

describe('<nabla-kept-runs>', () => {
  /** The list, once it has been read. */
  const listed = async (lab: LabState) => {
    const shown = await show<KeptRuns>('nabla-kept-runs', { lab });
    await soon(() => expect(wordsOf(shown.element)).toMatch(/No runs are kept yet|Rename/));
    return shown;
  };
  beforeAll(async () => {
    const { database } = await runStore();
    await Promise.all([database.clear('runs'), database.clear('traces')]);
  });

  test('keeps the present runs, which then stand in the list with verdict and size', async () => {
    const { element } = await listed(labOf());
    expect(wordsOf(element)).toContain('No runs are kept yet.');
    button(element, 'Keep the present runs').click();
    await soon(() => expect(wordsOf(find(element, 'li'))).toMatch(/^Mine ▲ .*3 iterations, [\d.,]+ \S*B/));
    expect(wordsOf(find(element, '[role=status]'))).toBe('One run kept.');
    expect(find(element, '[role=meter]').getAttribute('aria-valuetext')).toMatch(/of this browser’s storage in use/);
    await expectAccessible(element);
  });

  test('renames one, offers its experiment as an import, and its curves as CSV', async () => {
    const { element, details, settled } = await listed(labOf());
    button(element, 'Rename Mine').click();
    await settled();
    find<HTMLInputElement>(element, 'li input').value = 'Yours';
    button(element, 'Save').click();
    await soon(() => expect(wordsOf(find(element, 'strong'))).toBe('Yours'));
    button(element, 'Train Yours').click();
    expect(details('import')).toEqual([
      { name: 'Yours', imported: { kind: 'experiments', experiments: [parseExperiment({ seed: 3 })], titles: ['Yours'] } },
    ]);
    button(element, 'Curves of Yours as CSV').click();
    await soon(() => expect(saved[0]?.[1]).toContain('NaN'));
  });

  test('opens one with its curves as they were kept, and another one beside', async () => {
    const { element, details, set } = await listed(labOf());
    expect(findAll(element, '[aria-label$=beside]')).toEqual([]);
    button(element, 'Open Yours').click();
    await soon(() => expect(details('open-dialog')).toEqual([null]));
    expect(details('go')).toEqual(['lab']);
    const [shown] = details('action') as Extract<Action, { type: 'stored' }>[];
    expect(shown).toMatchObject({
      type: 'stored',
      beside: false,
      runs: [{ title: 'Yours', experiment: parseExperiment({ seed: 3 }) }],
    });
    expect(shown.runs[0].trace.length).toBe(3);
    await set({ lab: labOf({ stored: [{ keptAt: 1, trainedBy: 'cpu' }] }) });
    expect(button(element, 'Keep the present runs').disabled).toBe(true);
    button(element, 'Open Yours beside').click();
    await soon(() => expect(wordsOf(find(element, '[role=status]'))).toBe('“Yours” is open beside the others.'));
    expect(details('action')[1]).toMatchObject({ beside: true });
  });

  test('asks for a deletion by name, and follows it', async () => {
    const { element, details } = await listed(labOf());
    button(element, 'Delete Yours').click();
    const [{ id }] = await (await runStore()).list();
    expect(details('action')).toEqual([{ type: 'deleted', deleted: { what: 'run', id }, text: 'Deletion of “Yours”' }]);
    await (await runStore()).setDeleted(id, true);
    window.dispatchEvent(new Event('kept-runs'));
    await soon(() => expect(wordsOf(element)).toContain('No runs are kept yet.'));
  });

  test('what the storage refuses is said in words', async () => {
    const { element } = await listed(labOf());
    vi.spyOn(await runStore(), 'keep').mockRejectedValue(new Error('The storage is full.'));
    button(element, 'Keep the present runs').click();
    await soon(() => expect(wordsOf(find(element, '[role=status]'))).toBe('The storage is full.'));
  });
});

describe('<nabla-kept-others>', () => {
  const experiment = parseExperiment({ model: { kind: 'mlp', depth: 3 }, iterations: 500 });
  /** Whole pages of other tests may keep runs here as well. */
  const own = (element: Element) => findAll(element, 'li').filter((item) => wordsOf(item).startsWith('Depth 3 · Iterations 500'));
  const lab = (id: string, iteration: number) => ({
    ...{
      id,
      iteration,
      layout: 'l',
      engine: 'cpu',
      trainedBy: 'cpu',
      start: [experiment],
      experiments: [experiment],
      retunes: [],
    },
    ...{ keptAt: Date.now() - 120_000, bytes: 2048 },
  });
  beforeAll(() =>
    within(openLabStore(), async (store) => {
      await store.keep(lab('waits', 40) as never, [], [], true);
      await store.keep(lab('fresh', 0) as never, [], [], true);
    }),
  );

  test('lists runs of other visits that have trained, and takes the session of one over', async () => {
    const { element, details, set } = await show<KeptOthers>('nabla-kept-others');
    await soon(() => expect(own(element).length).toBe(1));
    expect(wordsOf(own(element)[0])).toMatch(/^Depth 3 .*1 run at iteration 40 of 500, kept 2(\.0)? min ago, 2(\.0)? kB/);
    await expectAccessible(element);
    const name = wordsOf(find(own(element)[0], 'strong'));
    button(element, `Delete ${name}`).click();
    expect(details('action')).toEqual([
      { type: 'deleted', deleted: { what: 'lab', id: 'waits' }, text: `Deletion of “${name}”` },
    ]);
    const before = location.href;
    const reload = vi.fn();
    await set({ reload });
    button(element, `Open ${name}`).click();
    expect(reload).toHaveBeenCalledOnce();
    expect(location.hash).toContain('model.depth=3');
    expect(tabSession(false).id).toBe('waits');
    history.replaceState(null, '', before);
    sessionStorage.clear();
  });

  test('follows a deletion and its undo', async () => {
    const { element } = await show<KeptOthers>('nabla-kept-others');
    await soon(() => expect(own(element).length).toBe(1));
    await putAway({ what: 'lab', id: 'waits' }, true);
    await soon(() => expect(own(element)).toEqual([]));
    await putAway({ what: 'lab', id: 'waits' }, false);
    await soon(() => expect(own(element).length).toBe(1));
  });
});

describe('<nabla-files>', () => {
  test('offers what is chosen as an import, or says why it is none', async () => {
    const { element, details } = await show<FilesPanel>('nabla-files', { lab: labOf() });
    const input = find<HTMLInputElement>(element, 'input[type=file]');
    const give = async (name: string, text: string) => {
      const transfer = new DataTransfer();
      transfer.items.add(new File([text], name));
      input.files = transfer.files;
      input.dispatchEvent(new Event('change'));
      const before = details('import').length;
      await soon(() => expect(details('import').length).toBe(before + 1));
      return details('import').at(-1);
    };
    expect(await give('run.json', '{"experiment": {"seed": 9}}')).toMatchObject({
      name: 'run.json',
      imported: { kind: 'experiments', experiments: [{ seed: 9 }] },
    });
    expect(await give('w.safetensors', '')).toMatchObject({
      imported: {
        kind: 'refused',
        problems: [expect.stringContaining('drop the case that belongs to them too, for example w.json')],
      },
    });
    await expectAccessible(element);
  });
});

describe('<nabla-import>', () => {
  const incoming = (imported: Incoming['imported']): Incoming => ({ name: 'run.json', imported });
  const one = incoming({ kind: 'experiments', experiments: [parseExperiment({ seed: 5 })], titles: ['New'] });

  test('shows what would change, run by run, and takes it over as is chosen', async () => {
    const { element, details, settled } = await show<ImportDialog>('nabla-import', { lab: labOf(), incoming: one });
    expect(rowsOf(find(element, 'table'))).toEqual([
      ['Run', 'Field', 'Before', 'After'],
      ['A', 'Seed', '3', '5'],
    ]);
    await expectAccessible(element);
    choose(find(element, 'select'), '1');
    await settled();
    expect(rowsOf(find(element, 'table')).map(([run]) => run)).toContain('B');
    button(element, 'Take over').click();
    expect(details('action')).toEqual([
      expect.objectContaining({
        type: 'settings',
        name: 'Import of New',
        settings: expect.objectContaining({ experiments: [parseExperiment({ seed: 3 }), parseExperiment({ seed: 5 })] }),
      }),
    ]);
    expect(details('open-dialog').length).toBe(1);
  });

  test('what changes nothing cannot be taken over', async () => {
    const { element } = await show<ImportDialog>('nabla-import', { lab: labOf({}, [{ seed: 5 }]), incoming: one });
    expect(wordsOf(find(element, '[role=status]'))).toMatch(/^It changes nothing/);
    expect(button(element, 'Take over').disabled).toBe(true);
  });

  test('what is refused says why, and that nothing has changed', async () => {
    const problem = 'seed: -1 is not valid; valid is a whole number from 0';
    const { element, details } = await show<ImportDialog>('nabla-import', {
      lab: labOf(),
      incoming: incoming({ kind: 'refused', problems: [problem] }),
    });
    expect(wordsOf(element)).toContain('Nothing has changed: run.json cannot be used.');
    expect(wordsOf(find(element, '[role=alert]'))).toBe(problem);
    button(element, 'Close').click();
    expect(details('open-dialog').length).toBe(1);
    await expectAccessible(element);
  });

  test('a case is audited, and offered as an experiment with what that lacks', async () => {
    const [json, tensors] = await Promise.all(
      ['json', 'safetensors'].map((kind) => fetch(`/tests/golden/cases/mlp_tanh.${kind}`)),
    );
    const document = await json.json();
    const incoming: Incoming = {
      name: 'mlp_tanh.json',
      imported: { kind: 'case', title: 'mlp_tanh', document, tensors: document.tensors },
      tensors: new Uint8Array(await tensors.arrayBuffer()),
    };
    const { element, details } = await show<ImportDialog>('nabla-import', { lab: labOf(), incoming });
    await soon(() => expect(wordsOf(element)).toContain('● Passed'));
    expect(wordsOf(element)).toMatch(
      /but not its weights: the run draws its own from its seed, its one batch of 6 and its targets/,
    );
    await expectAccessible(element);
    button(element, 'Open as an experiment').click();
    expect(details('import')).toMatchObject([
      {
        name: 'mlp_tanh',
        imported: { kind: 'experiments', experiments: [{ model: { depth: 3, width: 16, activation: 'tanh' } }] },
      },
    ]);
  });

  test('a sweep goes into the Sweep view’s form', async () => {
    const document = { title: 'S', experiment: {}, axes: [{ path: 'seed', values: [1, 2] }] };
    const { element, details } = await show<ImportDialog>('nabla-import', {
      lab: labOf(),
      incoming: incoming({ kind: 'sweep', title: 'S', document } as Incoming['imported']),
      sweep: { title: 'T', experiment: {}, axes: [] },
    });
    expect(rowsOf(find(element, 'table'))).toEqual([
      ['Field', 'Before', 'After'],
      ['title', 'T', 'S'],
      ['axis seed', '–', '[1,2]'],
    ]);
    button(element, 'Into the Sweep form').click();
    expect(details('open-in-sweep')).toEqual([document]);
  });
});

describe('<nabla-dialogs>', () => {
  /** A page that opens dialogs as the app does, from a button. */
  const open = async (properties: Partial<Dialogs>) => {
    const opener = document.createElement('button');
    opener.textContent = 'Open';
    const shown = await show<Dialogs>('nabla-dialogs', { lab: labOf() });
    document.body.prepend(opener);
    shown.element.addEventListener('open-dialog', (event) => {
      shown.element.open = (event as CustomEvent).detail ?? undefined;
    });
    opener.focus();
    await shown.set(properties);
    const dialog = (label: string) => find<HTMLElement & { open: boolean }>(shown.element, `wa-dialog[label=${label}]`);
    /** A modal dialog has the focus, so that keys go to it. */
    const isModal = (label: string) => dialog(label).shadowRoot?.querySelector('dialog:modal') != null;
    return { ...shown, opener, dialog, isModal };
  };

  test('shows the one that is asked for, ends by Escape, and gives the focus back', async () => {
    const { element, opener, dialog, isModal } = await open({ open: 'keys' });
    await soon(() => expect(isModal('Keyboard')).toBe(true));
    expect(findAll(element, 'nabla-key-map').length).toBe(1);
    await expectAccessible(element);
    press(dialog('Keyboard'), 'Escape');
    await soon(() => expect(isModal('Keyboard')).toBe(false));
    await soon(() => expect([element.open, document.activeElement]).toEqual([undefined, opener]));
    expect(findAll(element, 'nabla-key-map')).toEqual([]);
  });

  test('one that opens another gives way to it, and the focus comes back from there', async () => {
    const { element, opener, set, dialog, isModal } = await open({ open: 'files' });
    await soon(() => expect(isModal('Files')).toBe(true));
    const incoming: Incoming = { name: 'x', imported: { kind: 'refused', problems: ['No.'] } };
    await set({ open: 'import', incoming });
    await soon(() => expect([isModal('Files'), isModal('Import')]).toEqual([false, true]));
    // The end of the first says nothing of the second.
    expect([element.open, dialog('Import').open]).toEqual(['import', true]);
    button(element, 'Close').click();
    await soon(() => expect([isModal('Import'), document.activeElement]).toEqual([false, opener]));
  });
});
