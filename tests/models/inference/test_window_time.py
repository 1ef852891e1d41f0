from models.inference import Classifier, window_times_ms


def test_each_classifier_has_a_time_and_progress_ends_at_one(builtin: Classifier) -> None:
    told: list[float] = []
    times = window_times_ms([builtin, builtin], rounds=5, progress=told.append)
    assert len(times) == 2
    assert all(time_ms > 0 for time_ms in times)
    assert told == sorted(told)
    assert told[-1] == 1


def test_times_are_of_the_same_run(builtin: Classifier) -> None:
    first, second = window_times_ms([builtin, builtin])
    assert 1 / 3 < first / second < 3  # of the same model, measured in turn
