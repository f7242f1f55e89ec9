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

let iterate;

/** Starts from `parameters`, weight and bias in turn, input side first; each {rows, columns, data}. */
function load({ parameters, batch, learningRate, clip }) {
  const variables = parameters.map(({ rows, columns, data }, k) =>
    tf.variable(k % 2 === 0 ? tf.tensor2d(data, [rows, columns]) : tf.tensor1d(data)),
  );
  const x = tf.tensor2d(batch.x, [batch.rows, batch.features]);
  const oneHot = tf.tensor2d(batch.oneHot, [batch.rows, batch.classes]);
  const loss = () => {
    let h = x;
    for (let k = 0; k < variables.length - 2; k += 2) {
      // While it records gradients, TensorFlow.js fuses no activation but the linear one (`shouldFuse`).
      h = tf.relu(tf.fused.matMul({ a: h, b: variables[k], bias: variables[k + 1] }));
    }
    const [weight, bias] = variables.slice(-2);
    return tf.losses.softmaxCrossEntropy(oneHot, tf.fused.matMul({ a: h, b: weight, bias }));
  };
  iterate = () =>
    tf.tidy(() => {
      const { value, grads } = tf.variableGrads(loss, variables);
      const gradients = variables.map(({ name }) => grads[name]);
      const squares = tf.stack(gradients.map((gradient) => tf.sum(tf.square(gradient))));
      const norm = tf.sqrt(tf.sum(squares));
      const scale = tf.mul(tf.minimum(1, tf.div(clip, tf.add(norm, CLIP_EPSILON))), learningRate);
      for (const [k, variable] of variables.entries()) variable.assign(tf.sub(variable, tf.mul(gradients[k], scale)));
      return tf.concat([tf.stack([value, norm]), tf.sqrt(squares)]);
    });
}

/** `count` iterations; every iteration's [loss, gradient norm, norm of each parameter's gradient] reaches the host. */
async function block(count) {
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
      tf.disposeVariables();
      load(message);
      return {};
    }
    case 'block': {
      const start = performance.now();
      const stats = await block(message.iterations);
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
