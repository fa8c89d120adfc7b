// The one place that knows LiteRT.js: it opens a model and asks it about a photograph.

import {Tensor, loadAndCompile, loadLiteRt} from './litert/index.js';

// Opens the model at a URL. The result is a function of a photograph, from photo.js, that gives the
// outputs of dualstream/export/litert.py by name, as typed arrays.
export async function openModel(url, side) {
  await loadLiteRt('litert/');
  // WebAssembly computes as Python does; WebGPU has been seen to give other numbers.
  const model = await loadAndCompile(url, {accelerator: 'wasm'});
  return async ({pixels, height, width}) => {
    const inputs = {
      canvas: new Tensor(pixels, [side, side, 3]),
      size: new Tensor(new Int32Array([height, width]), [2]),
    };
    const outputs = await model.run(inputs);
    const answers = {};
    for (const [name, tensor] of Object.entries(outputs)) {
      answers[name] = tensor.toTypedArray().slice();
    }
    // Tensors are memory of WebAssembly, which nothing else frees.
    for (const tensor of [...Object.values(inputs), ...Object.values(outputs)]) tensor.delete();
    return answers;
  };
}
