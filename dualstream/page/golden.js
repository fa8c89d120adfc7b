// Whether this browser computes what Python computed.

import {readPhoto} from './photo.js';

const MOST_DIFFERENCE = 1e-3;

// What is thrown where they differ.
export class Difference extends Error {}

// Has a model answer about the pictures of golden.json, and compares. Throws a Difference that names
// the first one; gives how many pictures there are.
export async function checkGolden(judge, side) {
  const golden = await (await fetch('model/golden.json')).json();
  for (const {file, window: frame, verdict, probabilities} of golden) {
    const picture = await (await fetch(`model/${file}`)).blob();
    const answers = await judge(await readPhoto(picture, side));
    const differences = probabilities.map((p, i) => Math.abs(p - answers.probabilities[i]));
    // Written so that a NaN is a difference.
    const same = differences.every((difference) => difference <= MOST_DIFFERENCE)
      && frame.every((number, i) => number === answers.window[i])
      && verdict === answers.verdict[0];
    if (!same) throw new Difference(`${file} gives ${Array.from(answers.probabilities)}`);
  }
  return golden.length;
}
