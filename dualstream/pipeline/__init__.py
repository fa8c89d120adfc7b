"""From files to batches: decode, the seven routines, augmentation and reproducible batches."""

from dualstream.pipeline.batches import Shard, evaluation_batches, training_batches, training_sample
from dualstream.pipeline.decode import decode_frame, decode_image, decode_window
from dualstream.pipeline.examples import Photos, prepare
from dualstream.pipeline.feeds import check_feed
from dualstream.pipeline.frames import crop_frames
from dualstream.pipeline.routines import Routine
from dualstream.pipeline.targets import weighted_targets

__all__ = [
    'Photos', 'Routine', 'Shard', 'check_feed', 'crop_frames',
    'decode_frame', 'decode_image', 'decode_window', 'evaluation_batches', 'prepare',
    'training_batches', 'training_sample', 'weighted_targets',
]
