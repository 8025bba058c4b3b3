"""A damaged store, a few times; `make torture` damages it two hundred times."""

import random

from tests.faults.damage import WAYS, DamageTally, damage_and_render


def test_no_damage_comes_out_as_sound(tmp_path):
    tally = DamageTally()
    damage_and_render(tmp_path, 6, random.Random(2), tally)
    assert tally.clean, tally
    assert len(tally.ways) > len(WAYS) // 2
