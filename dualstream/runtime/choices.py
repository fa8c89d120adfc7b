"""The names that flags and configurations choose from, in one place that needs no TensorFlow."""

MASKS = ('none', 'cv', 'tf')
"""How plant material is found: not at all, with OpenCV in Python, or in tensor ops."""

CROPS = ('none', 'loop', 'array', 'random')
"""How the window is chosen: the whole frame resized, or by one of the three crops."""

FRAME = 'frame'
"""The zoom of the largest window of the image's proportions that fits into the frame."""

WINDOW = 'window'
"""The view of the window that the network is used on."""

WHOLE = 'whole'
"""The view of the whole frame, resized to the image's size without keeping its proportions."""

LOOKS = ('auto', 'pixels', 'glance', 'grid')
"""What the window is chosen from; auto takes the leaf grid where there is one, else the pixels."""

PRESETS = ('nano', 'tiny', 'small', 'base')
"""Sizes of the network, from small to large."""

NORMALIZATIONS = ('none', 'macenko', 'reinhard', 'vahadane')
"""How the stains of slides are made alike: not at all, or by one of three methods."""

RECOLORINGS = ('lab', 'hsv', 'hed', 'gray', 'channels')
"""What can be made of red, green and blue: a colour space, stains, luma, or recreated channels."""

SMALLEST_IMAGE = 64
"""Pixels along the shorter side of an image: the last stages of a network see it 2 cells high."""

PRIORS = ('data', 'uniform')
"""How frequent a network takes the classes to be: as in its training data, or all equally."""

DEVICES = ('auto', 'cpu', 'gpu', 'tpu')
"""Where a network runs; auto takes a TPU where --tpu names one, else GPUs, else the CPU."""

TRACE_LEVELS = ('steps', 'ops', 'python')
"""How much a trace records: the steps, every op too, or also every call in Python."""
