"""The network of two streams, one of them slower, after the primate visual pathways.

    image --+-- luminance --- V1 ------------> V2 thick --> MT --> STS --> PFC --> class
            |                                     ^
            +-- chroma, coarse -- stem --> V1 ----+
                                   |              ^
                                   +--------------+  skip

The gray stream, after the magnocellular pathway, does not see colour, and leads: its first
convolution already steps 4 pixels. The HSV stream, after the parvocellular pathway, sees the hue
and chroma of HSV, coarsely, and comes `delay` stages later: its stage k merges into the gray
stream's stage k + delay. What each stream sees is adapted to the image: its mean is subtracted, and
it is divided by its spread. A skip connection carries its stem past its slow stage to the merge. By
default it ends there, and grays and colours go on together; with more `hsv_areas` it goes on beside
the gray stream, as V2's thin stripes, V4 and IT, and merges again at each stage.

Chen et al. (2007) found in macaques that responses blind to wavelength come before responses to it
in V1, V4 and IT, by a lag that grows from area to area, and dorsal areas before the ventral ones of
the same level, MT before V4 and STS before IT: hence the order here. Nowak et al. (1995) found
magnocellular layers of V1 about 20 ms ahead of parvocellular ones, and V2 no later than V1 in part:
hence the skips. Gueguen et al. (2018) found that a network needs few and coarse convolutions for
chroma beside many for luminance: hence the shallow stream. That eyes adapt to the mean of what they
see is von Kries's rule (1902); to its contrast, magnocellular cells do and parvocellular ones
hardly (Benardete et al., 1992): here both streams do, since measurement speaks for it. The names
are a reading aid; nothing here moves, spikes or feeds back.

Chen, Lakatos, Shah, Mehta, Givre, Javitt, Schroeder (2007), Cerebral Cortex 17:1561-1569.
Nowak, Munk, Girard, Bullier (1995), Visual Neuroscience 12:371-384.
Benardete, Kaplan, Knight (1992), Visual Neuroscience 8:483-486: contrast gain control.
Mullen (1985), Journal of Physiology 359:381-400.
Feichtenhofer, Fan, Malik, He (2019), SlowFast networks: two pathways, their ratios, laterals.
Gueguen, Sergeev, Kadlec, Liu, Yosinski (2018), Faster neural networks straight from JPEG.
Schuler, Romani, Abdel-Nasser, Rashwan, Puig (2022), MENDEL 28(1): streams of L and of a and b.
"""

import keras
from keras import layers

from dualstream.network.blocks import CHANNELS_LAST, convolve, layer_seed, merge, stage
from dualstream.network.config import DualStreamConfig
from dualstream.network.lgn import feed
from dualstream.network.model import DualStream

GRAY_AREAS = ('v1_magno', 'v2_thick', 'mt', 'sts')
HSV_AREAS = ('v1_parvo', 'v2_thin', 'v4', 'it')
READ_OUT = 'pfc'

# Sides of a block's convolutions: grays are looked at from further around; of colours, the second
# convolution only mixes those of one place.
_GRAY_KERNELS = (3, 3)
_HSV_KERNELS = (3, 1)


def dual_stream(config: DualStreamConfig, name: str = 'dual_stream') -> keras.Model:
    """Builds the network that a configuration describes.

    Use it where you vary the architecture; `build` gives the same network by a preset's name.

    Args:
      config: the architecture, image size and number of classes.
      name: of the model.

    Returns:
      A functional model, from images (batch, H, W, 3), sRGB, float32 in [0, 1] or uint8, to
      probabilities float32 (batch, classes); or, if not `config.include_top`, to the feature map of
      the read-out (batch, ceil(H / 32), ceil(W / 32), channels).

    Example:
      >>> from dualstream import DualStreamConfig, dual_stream
      >>> config = DualStreamConfig(image_size=(64, 96), classes=3, merge='add')
      >>> dual_stream(config).output_shape
      (None, 3)
    """
    image = layers.Input((*config.image_size, 3), name='image')
    gray = feed(image, config.fast, hue=config.hue, adapt=config.adapt, name='lgn_magno')
    if config.slow == 'none':
        for number in range(1, len(GRAY_AREAS) + 1):
            gray = _gray_stage(gray, number, config)
        x = convolve(gray, gray.shape[-1], 1, name=READ_OUT, seed=config.seed)
    else:
        x = _two_streams(image, gray, config)
    if config.include_top:
        x = layers.GlobalAveragePooling2D(CHANNELS_LAST, name='pool')(x)
        # Keras on torch keeps a layer's seed in an int32.
        seed = layer_seed(config.seed, 'dropout') % 2**31
        x = layers.Dropout(config.dropout, seed=seed, name='dropout')(x)
        # In float32 even under mixed precision: it costs nothing and keeps close classes apart.
        x = layers.Dense(
            config.classes, dtype='float32', name='logits',
            kernel_initializer=keras.initializers.GlorotUniform(
                layer_seed(config.seed, 'logits')))(x)
        x = layers.Softmax(dtype='float32', name='probabilities')(x)
    return DualStream(image, x, name=name)


def _two_streams(image, gray, config: DualStreamConfig):
    """Adds both streams, their merges and the read-out."""
    shrink = config.shrink or 2 ** (config.delay + 1)
    hsv = feed(_shrunk(image, shrink), config.slow, hue=config.hue, adapt=config.adapt,
               name='lgn_parvo')
    hsv_stem = convolve(
        hsv, config.hsv_widths[0], 3, stride=2 ** (config.delay + 1) // shrink,
        name='v1_parvo_stem', seed=config.seed)
    hsv = hsv_stem
    for number, area in enumerate(GRAY_AREAS, start=1):
        gray = _gray_stage(gray, number, config)
        hsv_number = number - config.delay
        if 1 <= hsv_number <= len(config.hsv_widths):
            hsv = _hsv_stage(hsv, hsv_number, 2, config)
            gray, hsv = _merge_laterally(
                gray, hsv, hsv_stem, area, HSV_AREAS[hsv_number - 1], config)
    if config.ends_early:
        return convolve(gray, gray.shape[-1], 1, name=READ_OUT, seed=config.seed)
    if config.delay:
        # What comes later than STS goes straight to the read-out, which has the size of STS.
        hsv = _hsv_stage(hsv, len(config.hsv_widths), 1, config)
    return _read_out(gray, hsv, hsv_stem, config)


def features(model: keras.Model) -> keras.Model:
    """Makes a model whose outputs are the feature maps of all areas; it shares the weights.

    Args:
      model: from `dual_stream`, or loaded from a file.

    Returns:
      A model of the same input, whose output is {'gray': {area: map}, 'hsv': {area: map},
      'merged': {area: map}}, with maps (batch, h, w, channels) in the network's order. An area into
      which the other stream is merged is there twice: under its stream as it was before, and under
      'merged', as `AREA_merged`, as it is afterwards. The read-out, 'pfc', comes last.

    Example:
      >>> import numpy as np
      >>> from dualstream import build
      >>> from dualstream.network import features
      >>> maps = features(build('nano', (64, 64)))(np.zeros([1, 64, 64, 3], np.float32))
      >>> list(maps['merged'])
      ['v2_thick_merged', 'pfc']
      >>> tuple(maps['gray']['mt'].shape)
      (1, 4, 4, 32)
    """
    present = {layer.name for layer in model.layers}
    merged = [f'{area}_merged' for area in (*GRAY_AREAS, *HSV_AREAS)]
    return DualStream(model.input, {
        stream: {area: model.get_layer(area).output for area in areas if area in present}
        for stream, areas in (
            ('gray', GRAY_AREAS),
            ('hsv', ('v1_parvo_stem', *HSV_AREAS)),
            ('merged', (*merged, READ_OUT)))
    }, name=f'{model.name}_features')


def _gray_stage(x, number: int, config: DualStreamConfig):
    width, area = config.widths[number - 1], GRAY_AREAS[number - 1]
    if number == 1:
        return convolve(x, width, 7, stride=4, name=area, seed=config.seed)
    return stage(x, width, _GRAY_KERNELS, blocks=config.depth, stride=2,
                 shortcut=config.shortcut, name=area, seed=config.seed)


def _hsv_stage(x, number: int, stride: int, config: DualStreamConfig):
    return stage(x, config.hsv_widths[number - 1], _HSV_KERNELS,
                 blocks=config.depth_ratio * config.depth, stride=stride,
                 shortcut=config.shortcut, name=HSV_AREAS[number - 1], seed=config.seed)


def _merge_laterally(gray, hsv, hsv_stem, gray_area: str, hsv_area: str, config: DualStreamConfig):
    """Gives the map that each stream goes on with, after its lateral connections."""
    merged_gray, merged_hsv = gray, hsv
    if config.lateral in ('hsv_to_gray', 'both'):
        merged_gray = merge(
            gray, [hsv, *_skip(hsv_stem, hsv, gray_area, config)], kind=config.merge,
            name=f'{gray_area}_merged', seed=config.seed)
    if config.lateral in ('gray_to_hsv', 'both'):
        merged_hsv = merge(
            hsv, [gray], kind=config.merge, name=f'{hsv_area}_merged', seed=config.seed)
    return merged_gray, merged_hsv


def _read_out(gray, hsv, hsv_stem, config: DualStreamConfig):
    """Adds the prefrontal cortex, where both streams end: as wide as the two together."""
    everything = layers.Concatenate(name=f'{READ_OUT}_concat')(
        [gray, hsv, *_skip(hsv_stem, hsv, READ_OUT, config)])
    return convolve(
        everything, gray.shape[-1] + hsv.shape[-1], 1, name=READ_OUT, seed=config.seed)


def _skip(hsv_stem, hsv, area: str, config: DualStreamConfig) -> list:
    """The stem, averaged down to the size of the HSV stream at a merge; none without skips."""
    if not config.skips:
        return []
    factor = 1
    while -(-hsv_stem.shape[1] // factor) > hsv.shape[1]:
        factor *= 2
    return [layers.AveragePooling2D(
        factor, padding='same', data_format=CHANNELS_LAST, name=f'skip_to_{area}')(hsv_stem)]


def _shrunk(image, times: int):
    if times == 1:
        return image
    # In float32, as the colours that are computed from it.
    return layers.AveragePooling2D(
        times, padding='same', data_format=CHANNELS_LAST, dtype='float32',
        name='retina_parvo')(image)
