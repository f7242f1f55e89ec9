/** Optimizer and clip rules of the WebGPU engine. */
import { test } from 'vitest';
import { openEngine } from '../../src/engine/open.ts';
import { expectRows, PER_TENSOR_ROWS } from './clip-edge.ts';
import { expectTraces, OPTIMIZERS } from './optim-traces.ts';

const engine = await openEngine('gpu', navigator.gpu, 'use');

test.each(OPTIMIZERS)('%s follows PyTorch’s traces', (optimizer) => expectTraces(engine, optimizer));

test('clipping at the edges is torch’s and TensorFlow’s, or better where their float32 norm fails', () => expectRows(engine));

test('clipping each tensor by its own norm is torch’s of one tensor', () => expectRows(engine, PER_TENSOR_ROWS));
