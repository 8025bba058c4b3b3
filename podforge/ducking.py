"""How music makes room for speech: the level of a bed as points with straight lines between.

The arrangement is known before anything sounds, so nothing has to react: the music is down when
the speech begins, and stays down where a listener hears no gap.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from itertools import pairwise

from podforge.units import to_samples

ATTACK_SECONDS = 0.25  # down, ending where speech begins; also of every change of level
RELEASE_SECONDS = 0.8  # up again after it
BRIDGE_SECONDS = 1.0  # a shorter gap between two speeches is none
_SAME_DB = 1e-9  # what is nearer to a straight line lies on it

Points = tuple[tuple[int, float], ...]  # (sample, dB), rising; constant before and after


def envelope(
    speech: Iterable[tuple[int, int]],
    at: int,
    end: int,
    depths: Sequence[tuple[int, float]],
    rate: int,
    gains: Sequence[tuple[int, float]] = (),
) -> Points:
    """The level of a bed that sounds from `at` to `end`, as few points as can be, all in there.

    `speech` are the samples where somebody speaks, [start, end).  `depths` say how far the bed
    goes down (dB, at most 0) and from where; `gains` what comes on top of it.  The first of each
    holds from the beginning, the others take `ATTACK_SECONDS` to be reached.  Speech that ended
    before the bed begins does not hold it down.  Where a change falls into a ramp, points are
    exact and the line between them is straight.
    """
    if end <= at or not depths:
        return ()
    spoken = _presence([one for one in _bridged(speech, rate) if one[1] > at], rate)
    depth, gain = _steps(depths, rate), _steps(gains or [(at, 0.0)], rate)
    bends = {sample for line in (spoken, depth, gain) for sample, _ in line}
    samples = sorted({at, end - 1} | {sample for sample in bends if at < sample < end})
    return _fewest(
        [
            (sample, _value(spoken, sample) * _value(depth, sample) + _value(gain, sample))
            for sample in samples
        ]
    )


def _bridged(speech: Iterable[tuple[int, int]], rate: int) -> list[tuple[int, int]]:
    """Speech in order, without the gaps that are too short to come up in."""
    bridge = to_samples(BRIDGE_SECONDS, rate)
    found: list[tuple[int, int]] = []
    for start, end in sorted(one for one in speech if one[0] < one[1]):
        if found and start - found[-1][1] < bridge:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return found


def _presence(speech: Sequence[tuple[int, int]], rate: int) -> Points:
    """1 while somebody speaks, 0 far from it; in a narrow gap the two ramps meet."""
    attack, release = to_samples(ATTACK_SECONDS, rate), to_samples(RELEASE_SECONDS, rate)
    if not speech:
        return ((0, 0.0),)
    points = [(speech[0][0] - attack, 0.0), (speech[0][0], 1.0)]
    for (_, end), (start, _) in pairwise(speech):
        points.append((end, 1.0))
        if start - end > attack + release:
            points += [(end + release, 0.0), (start - attack, 0.0)]
        else:
            meet = (end * attack + start * release) // (attack + release)
            points.append((meet, 1.0 - min((meet - end) / release, (start - meet) / attack)))
        points.append((start, 1.0))
    return (*points, (speech[-1][1], 1.0), (speech[-1][1] + release, 0.0))


def _steps(changes: Sequence[tuple[int, float]], rate: int) -> Points:
    """A value that goes to another one from each change on; the last of several at one place."""
    ramp = to_samples(ATTACK_SECONDS, rate)
    points = [changes[0]]
    for sample, value in changes[1:]:
        if sample <= points[0][0]:
            points = [(points[0][0], value)]
            continue
        now = _value(points, sample)
        while points[-1][0] >= sample:
            points.pop()
        points += [(sample, now), (sample + ramp, value)]
    return tuple(points)


def _value(points: Sequence[tuple[int, float]], sample: int) -> float:
    """The height of the line at a sample."""
    after = bisect_right(points, sample, key=lambda point: point[0])
    if after == 0 or after == len(points):
        return points[min(after, len(points) - 1)][1]
    return _between(points[after - 1], points[after], sample)


def _between(before: tuple[int, float], after: tuple[int, float], sample: int) -> float:
    (start, low), (end, high) = before, after
    return low + (high - low) * (sample - start) / (end - start)


def _fewest(points: Sequence[tuple[int, float]]) -> Points:
    """The same line without the points that it does not need; none if it is 0 throughout."""
    kept: list[tuple[int, float]] = []
    for number, point in enumerate(points):
        last = number + 1 == len(points)
        after = (point[0] + 1, point[1]) if last else points[number + 1]
        before = kept[-1] if kept else (point[0] - 1, after[1])
        if abs(_between(before, after, point[0]) - point[1]) > _SAME_DB:
            kept.append(point)
    if not kept and abs(points[0][1]) > _SAME_DB:
        return (points[0],)
    return tuple(kept)
