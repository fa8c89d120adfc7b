"""The network of two streams, one of them slower, after the primate visual pathways.

    image --+-- luminance ---- V1 --------> V2 thick --> MT --------> STS ---------+
            |                                  ^          ^            ^           v
            |                                  |          |            |          PFC --> class
            |                                  |          |            |           ^
            +-- HSV, smaller -- stem -- V1 ----+-> V2 thin + --> V4 ---+--> IT ----+
                                  |            ^          ^            ^           ^
                                  +------------+----------+------------+-----------+  skips

The gray stream, after the magnocellular pathway, is blind to colour, shallow and wide-field, and
leads: its first convolution already steps 4 pixels. The HSV stream, after the parvocellular one,
takes more steps to see as far, is thinner, and arrives `delay` stages later: its stage k meets the
gray stream's stage k + delay. Skip connections carry its stem past its slow stages to each merge.

Chen et al. (2007) found in macaques that responses blind to wavelength come before responses to it
in V1, V4 and IT, by a lag that grows from area to area, and dorsal areas before the ventral ones of
the same level, MT before V4 and STS before IT: hence the pairs here, and the growing difference in
depth. Nowak et al. (1995) found magnocellular layers of V1 about 20 ms ahead of parvocellular ones,
and V2 no later than V1 in part: hence the skips. The names are a reading aid; nothing here moves,
spikes or feeds back.

Chen, Lakatos, Shah, Mehta, Givre, Javitt, Schroeder (2007), Cerebral Cortex 17:1561-1569.
Nowak, Munk, Girard, Bullier (1995), Visual Neuroscience 12:371-384.
Mullen (1985), Journal of Physiology 359:381-400.
Feichtenhofer, Fan, Malik, He (2019), SlowFast networks: two pathways, their ratios, laterals.
Schuler, Romani, Abdel-Nasser, Rashwan, Puig (2022), MENDEL 28(1): streams of L and of a and b.
"""

import keras
from keras import layers

from dualstream.network.blocks import convolve, layer_seed, merge, stage
from dualstream.network.config import DualStreamConfig
from dualstream.network.lgn import feed

GRAY_AREAS = ('v1_magno', 'v2_thick', 'mt', 'sts')
HSV_AREAS = ('v1_parvo', 'v2_thin', 'v4', 'it')
READ_OUT = 'pfc'

# Both see equally far at a merge of delay 1: two 3x3 convolutions a block against one, in blocks of
# which HSV has twice as many. Its 1x1 convolutions add depth alone: colour is mixed pixel by pixel.
_GRAY_KERNELS = (3, 3)
_HSV_KERNELS = (3, 1)


def dual_stream(config: DualStreamConfig, name: str = 'dual_stream') -> keras.Model:
    """Builds the network.

    Args:
      config: what it is like.
      name: of the model.

    Returns:
      A functional model, from images float32 (batch, H, W, 3), sRGB in [0, 1], to probabilities
      float32 (batch, classes); or, if not `config.include_top`, to the feature map of the read-out
      (batch, ceil(H / 32), ceil(W / 32), channels).
    """
    image = layers.Input((*config.image_size, 3), name='image')
    gray = feed(image, config.fast, config.hue, 'lgn_magno')
    if config.slow == 'none':
        for number in range(1, len(GRAY_AREAS) + 1):
            gray = _gray_stage(gray, number, config)
        x = convolve(gray, gray.shape[-1], 1, 1, READ_OUT, config.seed)
    else:
        x = _two_streams(image, gray, config)
    if config.include_top:
        x = layers.GlobalAveragePooling2D(name='pool')(x)
        # Keras on torch keeps a layer's seed in an int32.
        seed = layer_seed(config.seed, 'dropout') % 2**31
        x = layers.Dropout(config.dropout, seed=seed, name='dropout')(x)
        # In float32 even under mixed precision: it costs nothing and keeps close classes apart.
        x = layers.Dense(
            config.classes, dtype='float32', name='logits',
            kernel_initializer=keras.initializers.GlorotUniform(
                layer_seed(config.seed, 'logits')))(x)
        x = layers.Softmax(dtype='float32', name='probabilities')(x)
    return keras.Model(image, x, name=name)


def _two_streams(image, gray, config: DualStreamConfig):
    """From what the leading stream is fed to the read-out, with the other stream coming in."""
    hsv = feed(_shrunk(image, config.delay), config.slow, config.hue, 'lgn_parvo')
    hsv_stem = convolve(hsv, config.hsv_widths[0], 3, 2, 'v1_parvo_stem', config.seed)
    hsv = hsv_stem
    for number, area in enumerate(GRAY_AREAS, start=1):
        gray = _gray_stage(gray, number, config)
        arriving = number - config.delay
        if arriving >= 1:
            hsv = _hsv_stage(hsv, arriving, 2, config)
            gray, hsv = _meet(gray, hsv, hsv_stem, area, arriving, config)
    if config.delay:
        # What comes later than STS goes straight to the read-out, which has the size of STS.
        hsv = _hsv_stage(hsv, len(config.hsv_widths), 1, config)
    return _read_out(gray, hsv, hsv_stem, config)


def features(model: keras.Model) -> keras.Model:
    """A model that gives what each area of each stream says; it shares the weights.

    Args:
      model: from `dual_stream`, or loaded from a file.

    Returns:
      A model of the same input, whose output is {'gray': {area: map}, 'hsv': {area: map},
      'merged': {area: map}}, with maps (batch, h, w, channels) in the order in which they come.
      An area that is told something at a merge is given before it, and under 'merged' after it; the
      read-out, 'pfc', comes last.
    """
    present = {layer.name for layer in model.layers}
    told = [f'{area}_told' for area in (*GRAY_AREAS, *HSV_AREAS)]
    return keras.Model(model.input, {
        stream: {area: model.get_layer(area).output for area in areas if area in present}
        for stream, areas in (
            ('gray', GRAY_AREAS),
            ('hsv', ('v1_parvo_stem', *HSV_AREAS)),
            ('merged', (*told, READ_OUT)))
    }, name=f'{model.name}_features')


def _gray_stage(x, number: int, config: DualStreamConfig):
    width, area = config.widths[number - 1], GRAY_AREAS[number - 1]
    if number == 1:
        return convolve(x, width, 7, 4, area, config.seed)
    return stage(x, width, config.depth, _GRAY_KERNELS, 2, area, config.seed)


def _hsv_stage(x, number: int, stride: int, config: DualStreamConfig):
    return stage(x, config.hsv_widths[number - 1], config.depth_ratio * config.depth,
                 _HSV_KERNELS, stride, HSV_AREAS[number - 1], config.seed)


def _meet(gray, hsv, hsv_stem, gray_area: str, arriving: int, config: DualStreamConfig):
    """What each stream goes on with, after its lateral connections."""
    told_gray, told_hsv = gray, hsv
    if config.lateral in ('hsv_to_gray', 'both'):
        arrivals = [hsv, *_skip(hsv_stem, hsv, gray_area, config)]
        told_gray = merge(gray, arrivals, config.merge, f'{gray_area}_told', config.seed)
    if config.lateral in ('gray_to_hsv', 'both'):
        told_hsv = merge(
            hsv, [gray], config.merge, f'{HSV_AREAS[arriving - 1]}_told', config.seed)
    return told_gray, told_hsv


def _read_out(gray, hsv, hsv_stem, config: DualStreamConfig):
    """The prefrontal cortex, where both streams end: as wide as the two together."""
    everything = layers.Concatenate(name=f'{READ_OUT}_meet')(
        [gray, hsv, *_skip(hsv_stem, hsv, READ_OUT, config)])
    return convolve(
        everything, gray.shape[-1] + hsv.shape[-1], 1, 1, READ_OUT, config.seed)


def _skip(hsv_stem, meets, area: str, config: DualStreamConfig) -> list:
    """The stem, averaged down to the size of the map that it meets; none without skips."""
    if not config.skips:
        return []
    factor = 1
    while -(-hsv_stem.shape[1] // factor) > meets.shape[1]:
        factor *= 2
    return [layers.AveragePooling2D(factor, padding='same', name=f'skip_to_{area}')(hsv_stem)]


def _shrunk(image, octaves: int):
    if not octaves:
        return image
    # In float32, as the colours that are computed from it.
    return layers.AveragePooling2D(
        2 ** octaves, padding='same', dtype='float32', name='retina_parvo')(image)
