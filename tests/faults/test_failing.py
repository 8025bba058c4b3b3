"""Calls of the system that fail, a few of them; `make torture` lets each of them fail."""

import errno
import resource
import shutil
from contextlib import contextmanager

from tests.faults.failing import fail_each, rendered
from tests.faults.scene import TONES, Scene, assert_sound
from tests.in_process import podforge

SIZES = (0, 300, 20_000, 100_000)  # bytes: of no file, a record, a clip, the mix


def test_a_call_that_fails_costs_nothing_but_time(tmp_path):
    found = fail_each(tmp_path, (errno.ENOSPC, errno.EIO), step=80, first=23)
    assert not found.wrong
    assert 0 < found.failures <= found.tries
    assert found.tries > 1


def test_files_that_may_not_grow_keep_the_old_output(tmp_path):
    """A limit of file sizes strikes every stage in turn, ffmpeg as well as us."""
    scene = Scene.of(tmp_path, TONES, workers=1)
    assert podforge(*scene.command[3:]).returncode == 0
    wanted = scene.outcome()
    shutil.rmtree(scene.store)
    for most in SIZES:
        with no_file_beyond(most):
            ended = rendered(scene)
        assert ended.code == 74, f"{most}: {ended.said}"
        assert scene.outcome() == wanted
        assert_sound(scene.store)
    assert podforge(*scene.command[3:]).returncode == 0
    assert scene.outcome() == wanted


@contextmanager
def no_file_beyond(most):
    """For this process and those that it forks, in bytes."""
    usual = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, usual[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, usual)
