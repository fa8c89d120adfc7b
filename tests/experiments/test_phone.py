"""The experiment on phones says what it measured."""


def test_in_words(load):
    row = {'kilobytes': 527.4, 'balanced_accuracy': 0.4326, 'same_class': 1.0, 'ms': 27.03,
           'ms_quartiles': [26.16, 27.03, 27.94]}
    files = {name: row for name in ('float32', 'float16', 'int8')} | {
        'Python': {'balanced_accuracy': 0.4326}, 'photographs': 350}
    page = {'chromium': '156', 'photographs': 200, 'same_class': 1.0, 'same_window': 0.995,
            'largest_difference': 2.1e-6, 'ms': 157.3}
    words = load('experiments.phone').in_words({'files': files, 'page': page})
    assert '| int8 | 527 | 43.3% | 100.0% | 27.0 (26.2 to 27.9) |' in words
    assert 'window 99.5%, largest difference of a probability 2.1e-06; 157 ms' in words
