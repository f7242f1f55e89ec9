/** The whole page as an element: its parts, its address, its keys and its dialogs, on a desk and on a phone. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { page } from 'vitest/browser';
import type { App } from '../../../src/ui/app.ts';
import '../../../src/ui/app.ts';
import type { NablaField } from '../../../src/ui/form/field.ts';
import { button, expectAccessible, find, findAll, press, show, soon, type, wordsOf } from '../../support/elements.ts';

const address = location.href;
let app: App;
const isModal = (label: string) =>
  findAll(app, `wa-dialog[label=${label}]`).some(({ shadowRoot }) => shadowRoot?.querySelector('dialog:modal'));

// One page for all: it lives as long as its window.
beforeAll(async () => {
  localStorage.clear();
  await page.viewport(1440, 900);
  history.replaceState(null, '', `${location.pathname}?#v=1&engine=cpu&model.depth=3&model.width=8&iterations=5&runs=own`);
  ({ element: app } = await show<App>('nabla-app', {}, 'height: 100vh'));
  await soon(() => expect(wordsOf(find(app, '.tail'))).toBe('· finished'));
});
afterAll(async () => {
  document.body.replaceChildren();
  history.replaceState(null, '', address);
  await page.viewport(414, 896);
});

describe('<nabla-app>', () => {
  test('on a desk has banner, settings, charts and findings; the address follows an edit and its undoing', async () => {
    const parts = findAll(app, '[role=banner], main, aside').map(({ localName, ariaLabel }) => ariaLabel ?? localName);
    expect(parts).toEqual(['nabla-top-bar', 'main', 'Settings', 'Findings']);
    await expectAccessible(app);
    const before = location.hash;
    const depth = findAll<NablaField>(app, 'nabla-field').find(({ row }) => row.field.path === 'model.depth') as NablaField;
    type(find(depth, '#control'), '4');
    await soon(() => expect(location.hash).toContain('model.depth=4'));
    await soon(() => expect(find(app, '[aria-label^=Undo]').ariaLabel).toMatch(/Depth/));
    press(document.body, 'z', { ctrlKey: true });
    await soon(() => expect(location.hash).toBe(before));
  });

  test('leads past the settings, and by ? to the keys and back to where the focus was', async () => {
    button(app, 'Skip to the charts').click();
    expect(app.shadowRoot?.activeElement?.className).toBe('middle');
    press(document.body, '?');
    await soon(() => expect(isModal('Keyboard')).toBe(true));
    // Behind a dialog no key acts.
    const before = location.hash;
    press(find(app, 'nabla-key-map'), 'z', { ctrlKey: true, shiftKey: true });
    expect(location.hash).toBe(before);
    press(find(app, 'wa-dialog[label=Keyboard]'), 'Escape');
    await soon(() => expect([isModal('Keyboard'), app.shadowRoot?.activeElement?.className]).toEqual([false, 'middle']));
  });

  test('what is pasted is offered before it is in force', async () => {
    const before = location.hash;
    const clipboardData = new DataTransfer();
    clipboardData.setData('text/plain', '{"seed": 7}');
    window.dispatchEvent(new ClipboardEvent('paste', { clipboardData }));
    await soon(() => expect(isModal('Import')).toBe(true));
    expect(location.hash).toBe(before);
    button(find(app, 'nabla-import'), 'Take over').click();
    await soon(() => expect(location.hash).toContain('seed=7'));
  });

  test('on a phone has the play bar at its foot, and the settings in a drawer', async () => {
    await page.viewport(390, 900);
    await soon(() => find(app, '.foot'));
    expect(findAll(app, 'aside').map(({ ariaLabel }) => ariaLabel)).toEqual(['Findings']);
    expect(findAll(find(app, '[role=region]'), 'nabla-play-bar').length).toBe(1);
    await soon(() => expect(document.scrollingElement?.scrollWidth).toBeLessThanOrEqual(390));
    button(app, 'Settings').click();
    const drawer = find(app, 'wa-drawer');
    await soon(() => expect(drawer.shadowRoot?.querySelector('dialog:modal')).toBeTruthy());
    expect(findAll(drawer, 'nabla-field').length).toBeGreaterThan(0);
  });
});
