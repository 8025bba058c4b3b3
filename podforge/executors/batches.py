"""Which tasks go to a worker next.  Pure."""

from collections import deque
from collections.abc import Sequence
from typing import Generic

from podforge.executors import TaskT


class Batches(Generic[TaskT]):
    """Tasks that wait, handed out in order, at most `most` at a time, to `workers` workers.

    With several workers batches shrink towards the end, so that all of them finish together.
    What was put back goes first, as it was put back.
    """

    def __init__(self, tasks: Sequence[TaskT], most: int, workers: int) -> None:
        self._fresh, self._most, self._workers = deque(tasks), most, workers
        self._again: deque[list[TaskT]] = deque()

    def __len__(self) -> int:
        return len(self._fresh) + sum(len(batch) for batch in self._again)

    def take(self) -> list[TaskT]:
        """The next batch; none is empty while tasks wait."""
        if self._again:
            return self._again.popleft()
        share = -(-len(self._fresh) // (2 * self._workers)) if self._workers > 1 else self._most
        return [self._fresh.popleft() for _ in range(min(self._most, share, len(self._fresh)))]

    def put_back(self, tasks: Sequence[TaskT]) -> None:
        """Tasks of a batch that failed, in smaller batches, so that the culprit comes to be alone.

        The first one goes alone: where a batch is worked on in order, it is the culprit.  Where it
        is not, the halves of the rest find it in a number of steps that grows with the logarithm.
        """
        half = 1 + len(tasks[1:]) // 2
        parts = (tasks[:1], tasks[1:half], tasks[half:])
        self._again.extendleft(list(part) for part in reversed(parts) if part)
