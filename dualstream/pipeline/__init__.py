"""From files to batches: decode, the seven routines, augmentation and reproducible batches."""

from dualstream.pipeline.batches import (
    Shard,
    make_evaluation_batches,
    make_training_batches,
    make_training_sample,
)
from dualstream.pipeline.decode import decode_frame, decode_image, decode_window
from dualstream.pipeline.examples import Photos, prepare
from dualstream.pipeline.feeds import check_feed
from dualstream.pipeline.frames import crop_frames
from dualstream.pipeline.routines import Routine
from dualstream.pipeline.targets import weigh_targets
from dualstream.pipeline.views import Views

__all__ = [
    'Photos', 'Routine', 'Shard', 'Views', 'check_feed', 'crop_frames',
    'decode_frame', 'decode_image', 'decode_window', 'make_evaluation_batches', 'prepare',
    'make_training_batches', 'make_training_sample', 'weigh_targets',
]
