/**
 * austen: Pride and Prejudice, character by character: each step's input is a character, one-hot, and its class the next one.
 * 682,243 characters of 74 kinds; the last tenth is held out. Examples are windows of the text.
 * ref: Austen 1813; character models: Sutskever, Martens, Hinton 2011, "Generating text with recurrent neural networks", ICML;
 * Karpathy, Johnson, Fei-Fei 2016, "Visualizing and understanding recurrent networks", arXiv:1506.02078.
 */
import { DataError } from '../model/errors.ts';
import type { Attribution, Baseline, Dataset, ReadAsset } from './dataset.ts';
import { gunzip } from './idx.ts';

export const AUSTEN_ATTRIBUTION: Attribution = {
  title: 'Jane Austen, Pride and Prejudice (1813)',
  credit: 'Jane Austen; text of Project Gutenberg in the R package janeaustenr by Julia Silge (MIT)',
  licence: 'Public domain: the author died in 1817',
  url: 'https://cran.r-project.org/package=janeaustenr',
};

const FILE = 'austen/austen.txt.gz';
/** The characters in the order of their codes. */
export const SYMBOLS = '\n !"\'(),-.0123456789:;?ABCDEFGHIJKLMNOPRSTUVWYZ_abcdefghijklmnopqrstuvwxyz';
const CHARACTERS = 682_243;
/** First held-out character. */
const SPLIT = 614_222;
/** Windows of a text may be as long as any sequence. */
const LONGEST = 10_000;

/** Counts of n characters in the training part, 0.1 added to each: held-out bits a character. */
const N_GRAM_BITS = [4.43, 3.44, 2.65, 2.11, 2.03, 2.3];
const BASELINES: readonly Baseline[] = [
  { name: 'chance', loss: Math.log(SYMBOLS.length), accuracy: 1 / SYMBOLS.length },
  ...N_GRAM_BITS.map((bits, k) => ({ name: `${k + 1}-gram counts`, loss: bits * Math.LN2 })),
];

/** 614,222 training and 68,021 test characters. @throws DataError when the file is missing or damaged */
export async function loadAusten(readAsset: ReadAsset): Promise<Dataset> {
  const codes = await readCodes(readAsset);
  const x = new Float32Array(0);
  const split = (part: Uint32Array) => ({ n: part.length, x, codes: part });
  return {
    name: 'austen',
    kind: 'classification',
    inputs: SYMBOLS.length,
    outputs: SYMBOLS.length,
    classes: [...SYMBOLS],
    sequence: { kind: 'text', steps: LONGEST, labels: 'step', baselines: () => BASELINES },
    train: split(codes.slice(0, SPLIT)),
    test: split(codes.slice(SPLIT)),
    attribution: AUSTEN_ATTRIBUTION,
  };
}

async function readCodes(readAsset: ReadAsset): Promise<Uint32Array> {
  const fail = (problem: string) => new DataError(FILE, `${problem}; restore the file from the repository`);
  const bytes = await readAsset(FILE);
  if (bytes.length === 0) throw fail('the file is empty');
  // Some servers send it unpacked.
  const text = bytes[0] === 0x1f && bytes[1] === 0x8b ? await gunzip(FILE, bytes) : bytes;
  if (text.length !== CHARACTERS) throw fail(`holds ${text.length} characters, expected ${CHARACTERS}`);
  const table = new Uint32Array(256).fill(SYMBOLS.length);
  for (let code = 0; code < SYMBOLS.length; code++) table[SYMBOLS.charCodeAt(code)] = code;
  const codes = Uint32Array.from(text, (byte) => table[byte]);
  const wrong = codes.indexOf(SYMBOLS.length);
  if (wrong >= 0) throw fail(`character ${wrong} is the byte ${text[wrong]}, expected one of ${SYMBOLS.length} symbols`);
  return codes;
}
