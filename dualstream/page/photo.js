// From a file of a stranger to the pixels of an upright photograph on a square canvas.

const MOST_BYTES = 30e6;
const MOST_PIXELS = 50e6;

// Reads a Blob. Gives {pixels, height, width, scale}: Uint8Array of side * side * 3 sRGB values with
// the photograph in the upper left corner, its size there in pixels, and by what it was shrunk to
// fit. Throws an Error whose message is for the user.
export async function readPhoto(blob, side) {
  if (blob.size > MOST_BYTES) throw new Error('The file is larger than 30 MB.');
  const size = sizeOf(new DataView(await blob.arrayBuffer()));
  if (!size) throw new Error('The file is not a JPEG or PNG.');
  if (size.height * size.width > MOST_PIXELS) {
    throw new Error('The photograph has more than 50 megapixels.');
  }
  let bitmap;
  try {
    // The numbers of the file as they are: Python knows no colour profiles either.
    bitmap = await createImageBitmap(
      blob, {colorSpaceConversion: 'none', imageOrientation: 'from-image'});
  } catch {
    throw new Error('The file cannot be decoded; it may be damaged.');
  }
  const scale = Math.min(1, side / bitmap.height, side / bitmap.width);
  const height = Math.max(1, Math.round(bitmap.height * scale));
  const width = Math.max(1, Math.round(bitmap.width * scale));
  const context = Object.assign(document.createElement('canvas'), {width, height})
    .getContext('2d', {willReadFrequently: true});
  context.imageSmoothingQuality = 'high';
  context.drawImage(bitmap, 0, 0, width, height);
  bitmap.close();
  return {...layOut(context.getImageData(0, 0, width, height), side), scale};
}

function layOut({data, height, width}, side) {
  const pixels = new Uint8Array(side * side * 3);
  for (let y = 0, from = 0; y < height; y++) {
    for (let to = y * side * 3, end = to + width * 3; to < end; from += 4) {
      pixels[to++] = data[from];
      pixels[to++] = data[from + 1];
      pixels[to++] = data[from + 2];
    }
  }
  return {pixels, height, width};
}

// The size that the header of a JPEG or PNG claims, read before anything is decoded; null if there
// is none.
function sizeOf(view) {
  const length = view.byteLength;
  if (length >= 24 && view.getUint32(0) === 0x89504e47 && view.getUint32(4) === 0x0d0a1a0a) {
    return {width: view.getUint32(16), height: view.getUint32(20)};
  }
  if (length < 4 || view.getUint16(0) !== 0xffd8) return null;
  // ITU-T T.81: segments follow each other, and the frame header is one of the markers SOF0 to
  // SOF15, of which C4, C8 and CC are others.
  for (let at = 2; at + 9 <= length;) {
    if (view.getUint8(at) !== 0xff) return null;
    const marker = view.getUint8(at + 1);
    if (marker === 0xff) {  // a fill byte
      at += 1;
    } else if (marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)) {
      return {height: view.getUint16(at + 5), width: view.getUint16(at + 7)};
    } else if (marker === 0x01 || (marker >= 0xd0 && marker <= 0xd7)) {  // without a length
      at += 2;
    } else {
      at += 2 + view.getUint16(at + 2);
    }
  }
  return null;
}
