"""A baseline JPEG's scan from its coefficients, in NumPy: codes, restart markers, bytes.

Every symbol of a photograph is coded at once, by array operations (ITU-T T.81, annexes F and K).
"""

import heapq

import numpy as np

ZIGZAG = np.array([
    0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20,
    13, 6, 7, 14, 21, 28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59,
    52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63])
"""The places in a block, row by row, of its coefficients in the order in which they are coded."""

_SIZES = np.array([value.bit_length() for value in range(2**11 + 1)], np.uint8)


def encode_scan(
    blocks: np.ndarray, component: np.ndarray, interval: int
) -> tuple[list[np.ndarray], bytes]:
    """Codes the blocks of a photograph, with a restart marker behind every interval but the last.

    Args:
      blocks: int (MCUs, blocks of an MCU, 64), quantised coefficients in zigzag order.
      component: int (blocks of an MCU,), the component of each block of an MCU, from 0. The first
        component has Huffman tables of its own, the others share two.
      interval: MCUs between two markers; a divisor of their number.

    Returns:
      (tables, data): the code lengths, uint8 (256,), of each symbol in the four tables: DC and AC
      of the first component, DC and AC of the others; and the bytes behind the header, without EOI.

    Raises:
      ValueError: a coefficient is larger than 8-bit samples can give.
    """
    blocks = blocks.astype(np.int32)
    blocks[:, :, 0] = _dc_differences(blocks[:, :, 0], component, interval)
    symbols, values, sizes, block = _symbols(blocks.reshape(-1, 64))
    other = np.tile(512 * (component > 0).astype(np.int32), len(blocks))
    keys = other[block] + symbols
    counts = np.bincount(keys, minlength=1024).reshape(4, 256)
    tables = [code_lengths(each) for each in counts]
    codes = np.concatenate([canonical_codes(lengths) for lengths in tables])
    lengths = np.concatenate(tables).astype(np.int32)[keys] + sizes
    tokens = (codes[keys] << sizes) | values
    of_interval = block // (interval * len(component))
    return tables, _pack(tokens, lengths, of_interval)


def code_lengths(counts: np.ndarray) -> np.ndarray:
    """Chooses code lengths of at most 16 bits, the shortest for the most frequent symbols.

    After Huffman's algorithm, lengths above 16 are shortened as annex K.3 does it. As the code of
    ones alone is not allowed, an extra symbol takes it.

    Args:
      counts: int (256,), how often each symbol occurs.

    Returns:
      uint8 (256,): 0 for a symbol that does not occur.
    """
    occurring = np.flatnonzero(counts)
    heap = [(int(counts[symbol]), int(symbol), [int(symbol)]) for symbol in occurring]
    heap.append((0, 256, [256]))
    heapq.heapify(heap)
    depth = np.zeros(257, int)
    while len(heap) > 1:
        (count, order, some), (more, _, others) = heapq.heappop(heap), heapq.heappop(heap)
        depth[some + others] += 1
        heapq.heappush(heap, (count + more, order, some + others))
    numbers = np.bincount(depth[depth > 0], minlength=33)
    for length in range(len(numbers) - 1, 16, -1):
        while numbers[length]:
            shorter = max(each for each in range(1, length - 1) if numbers[each])
            for place, more in ((length, -2), (length - 1, 1), (shorter + 1, 2), (shorter, -1)):
                numbers[place] += more
    numbers[np.flatnonzero(numbers)[-1:]] -= 1  # the code of ones
    by_frequency = occurring[np.argsort(-counts[occurring], kind='stable')]
    lengths = np.zeros(256, np.uint8)
    lengths[by_frequency] = np.repeat(np.arange(len(numbers)), numbers)
    return lengths


def canonical_codes(lengths: np.ndarray) -> np.ndarray:
    """Gives each symbol its code, by annex C: int64 (256,), from the lengths, uint8 (256,)."""
    codes, code, before = np.zeros(256, np.int64), 0, 0
    for symbol in symbols_by_length(lengths):
        code <<= int(lengths[symbol]) - before
        codes[symbol], before = code, int(lengths[symbol])
        code += 1
    return codes


def symbols_by_length(lengths: np.ndarray) -> np.ndarray:
    """Lists the symbols that have a code, in the order of their codes, as a DHT segment does."""
    order = np.argsort(lengths, kind='stable')
    return order[lengths[order] > 0]


def _dc_differences(dc, component, interval):
    """Each block's DC less that of the component's block before it, from 0 in every interval."""
    differences = np.empty_like(dc)
    for each in np.unique(component):
        of_interval = dc[:, component == each].reshape(len(dc) // interval, -1)
        differences[:, component == each] = np.diff(of_interval, axis=1, prepend=0).reshape(
            len(dc), -1)
    return differences


def _symbols(blocks):
    """Lists what is coded, in order: symbol (AC's are 256 more), bits behind it, block."""
    present = np.ones([len(blocks), 65], bool)  # the DC, which coefficients are not 0, and EOB
    np.not_equal(blocks[:, 1:], 0, out=present[:, 1:64])
    np.equal(blocks[:, 63], 0, out=present[:, 64])
    place, block, k, runs = _places(present)
    long = np.flatnonzero(runs > 15)
    if len(long):  # A run of 16 zeros is a symbol of its own, ZRL: the last of them, after 15.
        for times in range(1, 4):
            these = long[runs[long] >= 16 * times]
            present.ravel()[place[these - 1] + 16 * times] = True
        place, block, k, runs = _places(present)
    values = blocks.ravel()[place - block - (k == 64)]
    values[k == 64] = 0
    sizes = _SIZES.take(np.abs(values), mode='clip').astype(np.int32)
    if sizes.max() > 11 or sizes[k > 0].max(initial=0) > 10:
        raise ValueError('a coefficient is larger than 8-bit samples can give')
    values += (values < 0) * ((1 << sizes) - 1)
    return (k > 0) * np.int32(256) + 16 * runs + sizes, values, sizes, block


def _places(present):
    """Lists what is present: its place in all, block, place in the block, and zeros before it."""
    place = np.flatnonzero(present).astype(np.int32)
    block = place // 65
    k = place - 65 * block
    runs = np.diff(k, prepend=np.int32(0)) - 1
    runs[(k == 0) | (k == 64)] = 0
    return place, block, k, runs


def _pack(tokens, lengths, of_interval):
    """Joins tokens of some bits each to bytes, stuffs them and puts the markers between them."""
    through = np.cumsum(lengths)
    last = np.flatnonzero(np.diff(of_interval, append=of_interval[-1] + 1))
    bits = through[last]
    ends = np.cumsum(-(-np.diff(bits, prepend=0) // 8))  # of the intervals, in bytes
    padding = 8 * ends - bits  # all bits of it, up to each interval's end
    at = through - lengths + np.concatenate([[0], padding])[of_interval]
    data = _words(tokens, at, lengths, ends[-1])
    data[ends - 1] |= (1 << np.diff(padding, prepend=0)).astype(np.uint8) - np.uint8(1)
    between = ends[:-1]
    stuffed = np.flatnonzero(data == 0xFF) + 1
    place = np.concatenate([stuffed, between, between])
    added = np.concatenate([np.zeros(len(stuffed)), np.full(len(between), 0xFF),
                            0xD0 + np.arange(len(between)) % 8]).astype(np.uint8)
    return np.insert(data, place, added).tobytes()


def _words(tokens, at, lengths, size):
    """Puts each token, of at most 33 bits, at its bit: uint8 (size,)."""
    word = at >> 5
    shifted = tokens.view(np.uint64) << (64 - (at & 31) - lengths).view(np.uint64)
    last = np.flatnonzero(np.diff(word, append=-1))
    words = np.zeros(size // 4 + 2, np.uint64)
    # Bits of different tokens are disjoint, so a sum joins them, and sums are differences.
    words[word[last]] = np.diff(np.cumsum(shifted >> np.uint64(32))[last], prepend=np.uint64(0))
    words[word[last] + 1] += np.diff(
        np.cumsum(shifted & np.uint64(2**32 - 1))[last], prepend=np.uint64(0))
    return words.astype('>u4').view(np.uint8)[:size].copy()
