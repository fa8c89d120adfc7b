"""The synthetic tissue, its simulated scanners, and what the tables make of the cells."""

import numpy as np
import pytest

from experiments.stains import tables
from experiments.stains.cell import WAYS, jitter_stains
from experiments.stains.slides import SCANNERS, SIZE, TASKS, draw_tissue


@pytest.mark.parametrize('task', TASKS)
def test_tissue_is_the_same_for_a_seed_and_has_both_classes(task):
    tissue, labels = draw_tissue(task, 16, 3)
    draw_tissue.cache_clear()
    again, _ = draw_tissue(task, 16, 3)
    np.testing.assert_array_equal(tissue, again)
    assert tissue.shape == (16, SIZE, SIZE, 2) and np.bincount(labels).tolist() == [8, 8]
    assert (tissue >= 0).all() and not np.array_equal(tissue, draw_tissue(task, 16, 4)[0])


def test_the_classes_differ_by_what_the_task_says():
    def dark(task, share):  # concentration of haematoxylin that a share of the pixels exceeds
        tissue, labels = draw_tissue(task, 64, 0)
        return [np.quantile(tissue[labels == label, ..., 0], 1 - share) for label in (0, 1)]

    def covered(task):
        tissue, labels = draw_tissue(task, 64, 0)
        return [(tissue[labels == label, ..., 0] > 0.4).mean() for label in (0, 1)]

    plain, stained = dark('staining', 0.05)
    assert stained == pytest.approx(1.5 * plain, rel=0.08)
    small, wide = dark('size', 0.05)
    assert wide == pytest.approx(small, rel=0.08)
    small, wide = covered('size')
    assert wide == pytest.approx(small, rel=0.15)  # half as many nuclei of twice the area


def test_the_scanners_leave_white_white_and_differ_in_tissue():
    blank = np.zeros([1, 4, 4, 2])
    tissue, _ = draw_tissue('size', 4, 0)
    pictures = [scanner.scan(tissue) for scanner in SCANNERS.values()]
    assert all((scanner.scan(blank) == 255).all() for scanner in SCANNERS.values())
    assert np.abs(pictures[0].astype(int) - pictures[1]).mean() > 10


def test_jittered_stains_stay_images_and_no_two_are_alike():
    tissue, _ = draw_tissue('size', 2, 0)
    images = np.repeat(SCANNERS['A'].scan(tissue)[:1] / np.float32(255), 3, axis=0)
    found = jitter_stains(images, np.random.default_rng(0)).numpy()
    assert found.shape == images.shape and found.min() >= 0 and found.max() <= 1
    moved = [np.abs(found[one] - other).mean() for one, other in (
        (0, images[0]), (0, found[1]), (1, found[2]))]
    assert min(moved) > 0.01


CELLS = [{'task': 'size', 'way': way, 'seed': seed, 'epochs': 1, 'refused': 0.0, 'accuracy': {
    'A': 0.9, 'B': 0.5 + 0.1 * (way != 'none') + 0.02 * seed}}
    for seed in range(5) for way in WAYS]


def test_tables_have_means_intervals_and_paired_differences():
    page = tables.whole_page(CELLS, 'python -m experiments.stains')
    # Student's 2.776 times the standard error of 0.50, 0.52 ... 0.58, which is 1.414 points.
    assert '| none | 90.0 ± 0.0 | 54.0 ± 3.9 |  | 0.0% | 5 |' in page
    assert '| macenko | 90.0 ± 0.0 | 64.0 ± 3.9 | +10.0 ± 0.0 | 0.0% | 5 |' in page


@pytest.mark.slow
def test_results_are_written_with_their_pictures(tmp_path):
    tables.write(CELLS, 'python -m experiments.stains', tmp_path)
    assert {file.name for file in tmp_path.iterdir()} == {
        'results.json', 'results.md', 'stains.png', 'slides.png'}
