"""Says in words what limits a traced training: python -m dualstream.review LOGDIR.

LOGDIR is a run's folder, or any folder with a trace of TensorBoard's profile plugin below, or an
.xplane.pb file; the newest trace counts. Two of them are compared: what got faster, what slower.
Traces come from `dualstream.train --profile_steps=FIRST,LAST`, or from any program of TensorFlow or
JAX that profiles itself, on a CPU, GPUs or TPUs.
"""

import dataclasses
import json
import operator
import pathlib
import re
import sys

from absl import flags

from dualstream.runtime import command
from dualstream.runtime.atomic import writing
from dualstream.runtime.errors import UserError

_JSON = flags.DEFINE_boolean('json', False, 'Print the review as JSON.')
_HTML = flags.DEFINE_string('html', None, 'Also write it, with plots, to this file.')
_FAIL_ON = flags.DEFINE_list(
    'fail_on', [], "Exit with status 2 where one of these holds, as 'input_bound>0.2' or "
    "'step_ms>50': a check for CI. The names are the numbers of --json.")

_OPERATORS = {'>': operator.gt, '<': operator.lt, '>=': operator.ge, '<=': operator.le}


def main(argv: list[str]) -> None:
    logdirs = argv[1:]
    if len(logdirs) not in (1, 2):
        raise UserError(f'name one folder with a trace, or two to compare; got {len(logdirs)}')
    if len(logdirs) == 2 and (_JSON.value or _HTML.value or _FAIL_ON.value):
        raise UserError('--json, --html and --fail_on are for one trace alone')
    conditions = [_condition(text) for text in _FAIL_ON.value]

    with command.hushed():
        from dualstream.traces import page, read_trace, review, words

    reviews = [review(read_trace(logdir)) for logdir in logdirs]
    if len(reviews) == 2:
        print(words.compare_in_words(*reviews))
        return
    seen = reviews[0]
    said = dataclasses.asdict(seen)
    for name, _, _ in conditions:
        if not isinstance(said.get(name), (int, float)):
            numbers = [key for key, value in said.items() if isinstance(value, (int, float))]
            raise UserError(f'--fail_on: {name} is none of {", ".join(numbers)}')
    print(json.dumps(said, indent=2) if _JSON.value else words.in_words(seen))
    if _HTML.value:
        path = pathlib.Path(_HTML.value)
        path.parent.mkdir(parents=True, exist_ok=True)
        with writing(path) as aside:
            aside.write_text(page.as_html(seen, logdirs[0]))
    failed = [f'{name} is {said[name]:.3g}, and {name}{sign}{bound:g}'
              for name, sign, bound in conditions if _OPERATORS[sign](said[name], bound)]
    if failed:
        print(f'failed: {"; ".join(failed)}', file=sys.stderr)
        sys.exit(2)


def _condition(text: str) -> tuple[str, str, float]:
    found = re.fullmatch(r'\s*(\w+)\s*(>=|<=|>|<)\s*([\d.]+)\s*', text)
    try:
        return found[1], found[2], float(found[3])
    except (TypeError, ValueError) as error:
        raise UserError(f"--fail_on must be like input_bound>0.2, got {text!r}") from error


def cli() -> None:
    command.run(main, arguments=True)


if __name__ == '__main__':
    cli()
