// The photograph with the mask tinted and the window framed.

// Draws onto a canvas element what a model answered about a photograph, both as model.js and
// photo.js give them.
export function drawPhoto(element, {pixels, height, width}, {mask, window: frame}) {
  const side = Math.sqrt(pixels.length / 3);
  const style = getComputedStyle(document.documentElement);
  const tint = channelsOf(style.getPropertyValue('--mask'));
  element.width = width;
  element.height = height;
  const context = element.getContext('2d');
  const image = context.createImageData(width, height);
  for (let y = 0, to = 0; y < height; y++) {
    for (let x = 0; x < width; x++, to += 4) {
      const from = y * side + x;
      // In stripes, so that the leaf is seen between them.
      const tinted = mask[from] && (x + y) % 6 < 2;
      for (let c = 0; c < 3; c++) {
        image.data[to + c] = tinted ? tint[c] : pixels[3 * from + c];
      }
      image.data[to + 3] = 255;
    }
  }
  context.putImageData(image, 0, 0);
  const [top, left, tall, wide] = frame;
  const line = Math.max(2, Math.round(Math.max(height, width) / 150));
  context.lineWidth = line;
  context.strokeStyle = style.getPropertyValue('--window');
  context.strokeRect(left + line / 2, top + line / 2, wide - line, tall - line);
}

function channelsOf(hexadecimal) {
  return hexadecimal.trim().match(/[0-9a-f]{2}/gi).map((digits) => parseInt(digits, 16));
}
