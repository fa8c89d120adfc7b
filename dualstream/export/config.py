"""What is exported, from where and to where. Needs no TensorFlow."""

import dataclasses

from dualstream.runtime.configflags import field

FORMATS = ('saved_model', 'litert', 'onnx', 'page')
"""The formats; each is a module of this package."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class ExportConfig:
    """What the export does; each field is a flag, and its help says what it means.

    Raises:
      ValueError: a field is missing or unknown.

    Example:

    >>> from dualstream.export.config import ExportConfig
    >>> ExportConfig(out='exported', format=('saved_model', 'onnx')).format
    ('saved_model', 'onnx')
    """

    workdir: str = field('runs/demo', "A finished run's folder.")
    out: str = field('', 'The folder to write to; it must not exist, or be empty.')
    format: tuple[str, ...] = field(
        ('saved_model',), f'The formats to write, separated by commas: {", ".join(FORMATS)}.')
    photos: str = field(
        '', 'A folder of photographs on which the formats are compared with Python; if not given, '
        "photographs of the run's own test split.")
    data_dir: str | None = field(
        None, 'Folder of prepared data sets; if not given, where the run found its own.')

    def __post_init__(self):
        if not self.out:
            raise ValueError('out must name the folder to write to')
        unknown = [name for name in self.format if name not in FORMATS]
        if unknown or not self.format or len({*self.format}) < len(self.format):
            raise ValueError(f'format must be some of {", ".join(FORMATS)}, each once; got '
                             f'{",".join(self.format)!r}')
