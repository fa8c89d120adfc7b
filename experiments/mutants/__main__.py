"""Does any file, however damaged, crash, stop or fill the programs that read photographs?

  python -m experiments.mutants --quick
  python -m experiments.mutants --out=experiments/results/mutants

Asks an untrained run, and its SavedModel, each in a process of its own, about 2,000 drawn leaves
that were damaged in eight ways: bits flipped, ends cut off, other and giant sizes in the header,
markers and noise inserted, other formats; and about ten valid photographs that are as large as is
allowed. Takes about 5 minutes on 2 CPU cores. Prints a table of how many were answered and how many
refused, the longest time and processor time that one took, and the peak memory of the process; with
--out, writes results.json and results.md.
"""

import collections
import pathlib
import tempfile

from absl import flags

from dualstream.runtime import command
from experiments.writing import write_results

_COUNT = flags.DEFINE_integer('count', 2000, 'How many damaged photographs.', lower_bound=1)
_QUICK = flags.DEFINE_boolean('quick', False, 'Only 80 damaged photographs.')
_OUT = flags.DEFINE_string('out', None, 'The folder for the results; without it none are written.')


def main(argv: list[str]) -> None:
    del argv
    count = 80 if _QUICK.value else _COUNT.value
    with command.hushed():
        from experiments.mutants.asking import ask_about_mutants, make_models
        from experiments.preprocessing.apart import in_fresh_process

    with tempfile.TemporaryDirectory() as folder:
        with command.hushed():
            models = in_fresh_process(make_models, folder)
        results = {name: summary(in_fresh_process(ask_about_mutants, model, count))
                   for name, model in models.items()}
    page = _page(results, count)
    print(page)
    if _OUT.value:
        write_results(pathlib.Path(_OUT.value), results, page)


def summary(asked: dict) -> dict:
    """Sums up what `ask_about_mutants` gives, by the kind of damage."""
    kinds = {}
    for kind, rows in asked['kinds'].items():
        reasons = collections.Counter(row['error'] for row in rows if row['error'])
        kinds[kind] = {
            'number': len(rows), 'reasons': dict(reasons.most_common()),
            'longest': max(row['seconds'] for row in rows),
            'most_cpu': max(row['cpu_seconds'] for row in rows)}
    return {**asked, 'kinds': kinds}


def _page(results: dict, count: int) -> str:
    lines = ['# Damaged photographs', '',
             f'`python -m experiments.mutants --count={count}`', '']
    for name, result in results.items():
        lines += [f'## {name}', '',
                  f'Peak memory of the process: {result["peak_mb"]:,.0f} MB; before the first '
                  f'photograph {result["before_mb"]:,.0f} MB.', '',
                  '| photographs | number | answered | refused | longest, s | most processor time, '
                  's | reasons |', '| --- ' * 7 + '|']
        for kind, row in result['kinds'].items():
            refused = sum(row['reasons'].values())
            said = ', '.join(f'{reason} {many}' for reason, many in row['reasons'].items())
            lines.append(f'| {kind} | {row["number"]} | {row["number"] - refused} | {refused} | '
                         f'{row["longest"]:.2f} | {row["most_cpu"]:.2f} | {said} |')
        lines.append('')
    return '\n'.join(lines)


if __name__ == '__main__':
    command.run(main)
