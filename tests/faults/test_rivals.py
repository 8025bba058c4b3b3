"""Two renders of one script at once: nothing is spoken twice, and both give the same bytes."""

from collections import Counter
from dataclasses import replace

from tests.faults.scene import Scene, assert_sound, front, lines, told


def test_two_renders_at_once_speak_every_job_once(tmp_path):
    script = front("Rivals", "fake", format="wav") + lines(12, 12).replace(":** ", ":** WAIT ")
    log = tmp_path / "spoken"
    one = Scene.of(tmp_path / "one", script, env=(("FAKE_LOG", str(log)),), workers=1)
    two = replace(one, output_folder=tmp_path / "two")
    renders = [scene.start() for scene in (one, two)]
    ends = [told(render) for render in renders]
    assert [end.code for end in ends] == [0, 0], ends
    assert one.outcome() == two.outcome() != {}
    spoken = Counter(log.read_text().split())
    assert len(spoken) == 12
    assert set(spoken.values()) == {1}
    assert_sound(one.store)
