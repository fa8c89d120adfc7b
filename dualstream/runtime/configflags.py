"""Command-line flags made from the fields of a dataclass, so that the two cannot drift apart."""

import dataclasses
import re
import types
import typing
from collections.abc import Sequence
from typing import Any, TypeVar

from absl import flags

from dualstream.runtime.choices import FRAME
from dualstream.runtime.errors import UserError

_Config = TypeVar('_Config')

flags.disclaim_key_flags()  # --helpshort lists a flag with the command that asks for it


def field(default: Any, text: str, *, choices: Sequence[str] = (), parser: Any = None) -> Any:
    """Declares a dataclass field that is also a flag.

    Args:
      default: the default of both.
      text: the help of the flag, which also documents the field.
      choices: the values that a string may have; any, if empty.
      parser: an absl ArgumentParser, for types that absl does not know.

    Example:

    >>> @dataclasses.dataclass(frozen=True, kw_only=True)
    ... class Oven:
    ...     degrees: int = field(180, 'Temperature of the oven, in degrees Celsius.')
    >>> Oven().degrees
    180
    """
    return dataclasses.field(
        default=default, metadata={'help': text, 'choices': tuple(choices), 'parser': parser})


def define(config_class: type, *names: str, **defaults: Any) -> None:
    """Defines an absl flag for each field of a dataclass that was declared by `field`.

    Call it once, where a command's module is imported.

    Args:
      config_class: the dataclass.
      *names: the fields to define flags for; all, if none is named.
      **defaults: defaults of flags that differ from those of the fields.
    """
    types_of = typing.get_type_hints(config_class)
    for each in dataclasses.fields(config_class):
        if 'help' in each.metadata and (not names or each.name in names):
            _define(each, types_of[each.name], defaults.get(each.name, each.default))


def read(config_class: type[_Config], **others: Any) -> _Config:
    """Makes a configuration of the values of its flags; call it after absl has parsed them.

    Args:
      config_class: the dataclass.
      **others: values of fields without a flag.

    Raises:
      UserError: the configuration refuses the value of a flag, by a ValueError whose message
        starts with the name of the field.
    """
    values = {each.name: flags.FLAGS[each.name].value for each in dataclasses.fields(config_class)
              if 'help' in each.metadata and each.name in flags.FLAGS}
    values = {name: tuple(value) if isinstance(value, list) else value
              for name, value in values.items()}
    try:
        return config_class(**values, **others)
    except ValueError as error:
        if str(error).split(' ')[0] not in values:
            raise
        raise UserError(f'--{error}') from error


class PairParser(flags.ArgumentParser, flags.ArgumentSerializer):
    """Parses two whole numbers, such as FIRST,LAST, as a tuple.

    Args:
      form: the two names and what is between them, such as 'FIRST,LAST'.
      repeats: whether one number alone stands for two equal ones.
    """

    def __init__(self, form: str, *, repeats: bool = False):
        self.syntactic_help = form
        self._separator = re.sub(r'[A-Z]', '', form)
        self._repeats = repeats

    def parse(self, argument: str | tuple[int, int]) -> tuple[int, int]:
        if isinstance(argument, tuple):
            return argument
        numbers = argument.split(self._separator)
        numbers = 2 * numbers if self._repeats and len(numbers) == 1 else numbers
        if len(numbers) != 2 or not all(number.isdecimal() for number in numbers):
            raise ValueError(f'it must be {self.syntactic_help}, in whole numbers')
        return int(numbers[0]), int(numbers[1])

    def serialize(self, value: tuple[int, int]) -> str:
        return self._separator.join(map(str, value))

    def flag_type(self) -> str:
        return 'two whole numbers'


class ZoomParser(flags.ArgumentParser, flags.ArgumentSerializer):
    """Parses a zoom, such as 2 or frame, as one value, and a range, LOW,HIGH, as a tuple."""

    syntactic_help = 'a number, frame, or two of them as LOW,HIGH'

    def parse(self, argument: str | float | tuple) -> float | str | tuple:
        if not isinstance(argument, str):
            return argument
        try:
            zooms = tuple(each if each == FRAME else float(each) for each in argument.split(','))
        except ValueError as error:
            raise ValueError(f'it must be {self.syntactic_help}') from error
        return zooms[0] if len(zooms) == 1 else zooms

    def serialize(self, value: float | str | tuple) -> str:
        return ','.join(each if each == FRAME else f'{each:g}'
                        for each in (value if isinstance(value, tuple) else (value,)))

    def flag_type(self) -> str:
        return 'a zoom or a range of zooms'


ZOOM = ZoomParser()
"""Parses 2 as 2.0, frame as 'frame', and 1,3 as (1.0, 3.0)."""

IMAGE_SIZE = PairParser('HEIGHTxWIDTH', repeats=True)
"""Parses 192x256, or 224 for 224x224, as (height, width)."""

STEPS = PairParser('FIRST,LAST')
"""Parses 10,20 as (10, 20)."""


def _define(each: dataclasses.Field, kind: Any, default: Any) -> None:
    text, choices, parser = (each.metadata[key] for key in ('help', 'choices', 'parser'))
    optional = [one for one in typing.get_args(kind) if one is not types.NoneType]
    kind = optional[0] if types.NoneType in typing.get_args(kind) else kind
    if parser:
        flags.DEFINE(parser, each.name, default, text, serializer=parser)
    elif choices:
        flags.DEFINE_enum(each.name, default, list(choices), text)
    elif kind is bool:
        flags.DEFINE_boolean(each.name, default, text)
    elif kind is int:
        flags.DEFINE_integer(each.name, default, text)
    elif kind is float:
        flags.DEFINE_float(each.name, default, text)
    elif kind is str:
        flags.DEFINE_string(each.name, default, text)
    else:
        flags.DEFINE_list(each.name, list(default), text)
