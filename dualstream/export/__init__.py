"""Exports: a finished run in formats that other programs run, with their parity checked.

Each format is a module of this package, found by its name in `config.FORMATS`. It has

- `write(source, out, photographs) -> Path`: writes the format's files into the folder `out`, which
  exists, and returns the path that `answer` is given. `source` is a `Source`: the network, whose
  batch normalisation is folded already, and the routine that photographs are looked at with.
  `photographs`, the bytes of JPEGs and PNGs, show what the network will meet.
- `answer(source, path, photographs) -> dict[str, Answers]`: runs what `write` wrote. A format of
  one file has one entry, under its own name; one of several files has an entry for each. Formats
  that take pixels are given those of `upright_frame(contents)`, in the module source.
- `LIMITS: dict[str, Limits]`: for each of these entries, how far it may be from Python.

`write` and `answer` run in a process of their own, in which nothing was converted before, and whose
stderr is not shown. They raise `UserError` for what the user can mend, such as a missing extra. An
entry beyond its limits, or any error, and nothing of the export is kept.
"""
