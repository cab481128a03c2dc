"""The short form of zero_loss.py: what happens to clients while workers and arbiters are replaced."""

import pytest
import zero_loss


@pytest.mark.parametrize("name", ["hup", "hup_preload", "broken", "usr2", "max_requests"])
def test_no_request_is_lost(name, start, tmp_path):
    result = zero_loss.run(name, start, tmp_path, is_full=False)
    assert result.failures == {}, result.text()
    assert result.answered > 0


def test_killed_worker_takes_along_no_more_than_it_had(start, tmp_path):
    """Two of them, with at most the eight kept and four new connections of the load."""
    result = zero_loss.run("kill", start, tmp_path, is_full=False)
    assert result.failed <= 2 * 12, result.text()
