// The page: loads the model, checks it, and shows what it says of a photograph.

import {drawPhoto} from './drawing.js';
import {Difference, checkGolden} from './golden.js';
import {openModel} from './model.js';
import {readPhoto} from './photo.js';

const find = (id) => document.getElementById(id);
const percent = (share) => `${(100 * share).toFixed(1)}%`;

async function start() {
  const model = await (await fetch('model/model.json')).json();
  const judge = await openModel('model/model.tflite', model.side);
  say('Checking that this browser computes as Python does …');
  const count = await checkGolden(judge, model.side);
  find('checked').textContent =
    `Checked: ${count} pictures gave the probabilities that they gave in Python.`;
  find('about').textContent = model.about;
  for (const [button, input] of [['take', 'camera'], ['choose', 'file']]) {
    find(button).disabled = false;
    find(button).addEventListener('click', () => find(input).click());
    find(input).addEventListener('change', ({target}) => answer(judge, model, target));
  }
  say('Ready.');
}

async function answer(judge, model, input) {
  const [file] = input.files;
  input.value = '';  // so that the same file can be chosen again
  if (!file) return;
  find('result').hidden = true;
  say('Looking at the photograph …');
  try {
    const photo = await readPhoto(file, model.side);
    const answers = await judge(photo);
    show(model, photo, answers);
    say(photo.scale < 1 ? `Done. It was shrunk to ${photo.width} × ${photo.height} pixels.`
      : 'Done.');
  } catch (error) {
    say(error.message, true);
  }
}

function show(model, photo, answers) {
  const verdict = model.verdicts[answers.verdict[0]];
  const ranked = model.label_names
    .map((name, i) => ({name, share: answers.probabilities[i]}))
    .sort((one, other) => other.share - one.share);
  const [first] = ranked;
  const covered = percent(answers.coverage[0]);
  find('verdict').textContent = {
    diagnosis: `${first.name}, ${percent(first.share)}`,
    unsure: 'Unsure',
    'not a leaf': 'Not a leaf',
  }[verdict];
  find('reason').textContent = {
    diagnosis: `${covered} of what the network looked at is green as a plant.`,
    unsure: `The most probable class is ${first.name}, and its probability is below `
      + `${percent(model.min_confidence)}. Try a closer or sharper photograph.`,
    'not a leaf': `${covered} of what the network looked at is green as a plant; of a leaf it is `
      + `at least ${percent(model.min_coverage)}.`,
  }[verdict];
  find('classes').replaceChildren(...ranked.map(row));
  const result = find('result');
  // For scripts: all the numbers, in the model's order.
  Object.assign(result.dataset, {
    verdict, window: Array.from(answers.window), coverage: answers.coverage[0],
    probabilities: Array.from(answers.probabilities)});
  find('picture').setAttribute(
    'aria-label', 'The photograph; a frame shows what the network looked at.');
  drawPhoto(find('picture'), photo, answers);
  result.hidden = false;
  result.focus({preventScroll: true});
}

function row({name, share}) {
  const line = document.createElement('tr');
  const head = Object.assign(document.createElement('th'), {scope: 'row', textContent: name});
  const cell = document.createElement('td');
  const meter = Object.assign(document.createElement('meter'), {value: share});
  meter.setAttribute('aria-label', name);
  const number = Object.assign(
    document.createElement('span'), {className: 'share', textContent: percent(share)});
  cell.append(meter, number);
  line.append(head, cell);
  return line;
}

function say(text, wrong = false) {
  find('status').textContent = text;
  find('status').classList.toggle('wrong', wrong);
}

// Of LiteRT.js the service worker keeps the form that this browser loads; it did not see the first
// time.
async function keepFiles() {
  const {serviceWorker} = navigator;
  await serviceWorker.register('sw.js');
  if (!serviceWorker.controller) {
    await new Promise((done) => {
      serviceWorker.addEventListener('controllerchange', done, {once: true});
    });
  }
  for (const {name} of performance.getEntriesByType('resource')) await fetch(name);
  find('kept').textContent = 'Kept on this device: the page also works without a network.';
}

start().then(() => {
  if (navigator.serviceWorker) keepFiles().catch(console.error);
}, (error) => {
  console.error(error);
  say(error instanceof Difference
    ? 'This browser does not compute as it should, so there are no answers. Another or a newer one '
      + `may. (${error.message})`
    : 'The page could not start: a file of it was not loaded, or this browser lacks what it needs. '
      + 'Open it once with a network, or in a newer browser. '
      // A script that was not loaded gives an event without a message.
      + `(${error?.message ?? error?.target?.src ?? error})`, true);
});
