"""The experiment on damaged photographs: what its table says."""


def test_reasons_are_counted_and_the_longest_is_told(load):
    experiment = load('experiments.mutants.__main__')
    rows = [{'error': error, 'seconds': seconds, 'cpu_seconds': 2 * seconds}
            for error, seconds in (('', 0.1), ('torn', 0.3), ('torn', 0.2), ('large', 0.0))]
    summary = experiment.summary({'kinds': {'cut off': rows}, 'before_mb': 900, 'peak_mb': 1100})
    page = experiment._page({'a run': summary}, 4)
    assert '| cut off | 4 | 1 | 3 | 0.30 | 0.60 | torn 2, large 1 |' in page
    assert 'Peak memory of the process: 1,100 MB' in page
