// TensorFlow.js on WebGPU as a child process of the benchmark: trains the parameters and the batch that it is sent, with the
// same loss, norms, clip and update, and reports the same numbers. `webgpu` is the repository's own: the same Dawn, the same adapter.
import * as tf from '@tensorflow/tfjs';
import { create, globals } from 'webgpu';

Object.assign(globalThis, globals);
const gpu = create([]);
Object.defineProperty(globalThis, 'navigator', {
  value: { gpu, userAgent: 'node', platform: process.platform, hardwareConcurrency: 2 },
  configurable: true,
  writable: true,
});

/** torch's clip_grad_norm_ adds this to the norm. */
const CLIP_EPSILON = 1e-6;

/** What each slot trains. */
const runs = [];

/** Of an MLP. */
function mlp({ x }, variables) {
  let h = x;
  for (let k = 0; k < variables.length - 2; k += 2) {
    // While it records gradients, TensorFlow.js fuses no activation but the linear one (`shouldFuse`).
    h = tf.relu(tf.fused.matMul({ a: h, b: variables[k], bias: variables[k + 1] }));
  }
  const [weight, bias] = variables.slice(-2);
  return tf.fused.matMul({ a: h, b: weight, bias });
}

/**
 * Of a tanh RNN that reads out its last state. The products with the inputs are made for all steps at once, and both biases are
 * added there, which is what an expert would write.
 *
 * @param keepSquare is given each state's gradient's sum of squares
 */
function rnn({ x, steps, rows, features }, [wx, bx, wh, bh, wo, bo], keepSquare) {
  const tap = (t) =>
    tf.customGrad((h) => ({
      value: h.clone(),
      gradFunc: (dh) => {
        keepSquare(t, tf.sum(tf.square(dh)));
        return dh;
      },
    }));
  const hidden = wh.shape[0];
  const all = tf.fused.matMul({ a: x.reshape([steps * rows, features]), b: wx, bias: tf.add(bx, bh) });
  const inputs = tf.unstack(all.reshape([steps, rows, hidden]), 0);
  let h = tap(0)(tf.tanh(inputs[0]));
  for (let t = 1; t < steps; t++) h = tap(t)(tf.tanh(tf.add(inputs[t], tf.matMul(h, wh))));
  return tf.fused.matMul({ a: h, b: wo, bias: bo });
}

/**
 * Starts from `parameters`, weight and bias in turn, input side first; each {rows, columns, data}. A batch with `steps` is one of sequences.
 *
 * @returns the iteration, and what frees its tensors
 */
function load({ parameters, batch, learningRate, clip }) {
  const variables = parameters.map(({ rows, columns, data }, k) =>
    tf.variable(k % 2 === 0 ? tf.tensor2d(data, [rows, columns]) : tf.tensor1d(data)),
  );
  const { rows, features, steps } = batch;
  const x = steps ? tf.tensor3d(batch.x, [steps, rows, features]) : tf.tensor2d(batch.x, [rows, features]);
  const oneHot = tf.tensor2d(batch.oneHot, [rows, batch.classes]);
  const data = { x, steps, rows, features };
  const stateSquares = [];
  const keepSquare = (t, square) => {
    stateSquares[t] = tf.keep(square);
  };
  const logits = () => (steps ? rnn(data, variables, keepSquare) : mlp(data, variables));
  const loss = () => tf.losses.softmaxCrossEntropy(oneHot, logits());
  const iterate = () =>
    tf.tidy(() => {
      const { value, grads } = tf.variableGrads(loss, variables);
      const gradients = variables.map(({ name }) => grads[name]);
      const squares = tf.stack(gradients.map((gradient) => tf.sum(tf.square(gradient))));
      const norm = tf.sqrt(tf.sum(squares));
      const scale = tf.mul(tf.minimum(1, tf.div(clip, tf.add(norm, CLIP_EPSILON))), learningRate);
      for (const [k, variable] of variables.entries()) variable.assign(tf.sub(variable, tf.mul(gradients[k], scale)));
      const norms = [tf.stack([value, norm]), tf.sqrt(squares)];
      if (steps) norms.push(tf.sqrt(tf.stack(stateSquares)));
      tf.dispose(stateSquares.splice(0));
      return tf.concat(norms);
    });
  return { iterate, dispose: () => tf.dispose([...variables, x, oneHot]) };
}

/** `count` iterations; every iteration's [loss, gradient norm, norm of each parameter's gradient] reaches the host. */
async function block(count, { iterate }) {
  const handles = [];
  for (let n = 0; n < count; n++) handles.push(iterate());
  const stats = await Promise.all(handles.map((handle) => handle.data()));
  for (const handle of handles) handle.dispose();
  return stats;
}

async function answer(message) {
  switch (message.type) {
    case 'open': {
      await import('@tensorflow/tfjs-backend-webgpu');
      if (!(await tf.setBackend('webgpu'))) throw new Error('TensorFlow.js has no WebGPU backend here');
      await tf.ready();
      const { vendor, architecture, device, description } = (await gpu.requestAdapter({ powerPreference: 'high-performance' })).info;
      return { version: tf.version_core, adapter: { vendor, architecture, device, description } };
    }
    case 'load': {
      runs[message.slot]?.dispose();
      runs[message.slot] = load(message);
      return {};
    }
    case 'block': {
      const start = performance.now();
      const stats = await block(message.iterations, runs[message.slot]);
      return { ms: performance.now() - start, first: stats[0] };
    }
  }
  throw new Error(`unknown message "${message.type}"`);
}

process.on('message', (message) => {
  answer(message).then(
    (reply) => process.send(reply),
    (error) => process.send({ error: String(error?.stack ?? error) }),
  );
});
process.on('disconnect', () => process.exit(0));
