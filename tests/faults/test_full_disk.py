"""A file system of forty megabytes that fills up; `make torture` has it full at every stage."""

import shutil

import pytest

from tests.faults.filling import BETWEEN_CLIPS, filled


@pytest.mark.skipif(not shutil.which("unshare"), reason="needs a name space of its own")
def test_a_disk_that_fills_up_keeps_clips_and_the_old_output(tmp_path):
    done = filled(tmp_path, BETWEEN_CLIPS)
    if done is None:
        pytest.skip("no file system may be mounted here")
    assert done.returncode == 0, done.stderr
