"""What became of each script of a command: an exit code, an event, a table, or JSON."""

from collections import Counter
from collections.abc import Sequence
from contextlib import suppress

from podforge.batch import Rendered
from podforge.cli.exits import exit_code
from podforge.errors import InputError, PodforgeError
from podforge.events import BatchDone
from podforge.units import clock


def done(outcomes: Sequence[Rendered]) -> BatchDone:
    """How many scripts were made, and the exit code: that of the first failure."""
    counts = Counter(rendered.status for rendered in outcomes)
    codes = (exit_code(rendered.error) for rendered in outcomes if rendered.error)
    left = counts["not started"]
    return BatchDone(counts["made"], counts["unchanged"], counts["failed"], next(codes, 0), left)


def facts_of(rendered: Rendered) -> dict[str, object]:
    """One script in `--json`."""
    facts: dict[str, object] = {"script": str(rendered.script), "status": rendered.status}
    if product := rendered.product:
        facts |= {
            "outputs": [str(path) for path in product.outputs],
            "report": str(product.report) if product.report.is_file() else None,
            "seconds": round(product.seconds, 3),
            "unchanged": product.unchanged,
        }
    if rendered.error:
        facts |= {"error": str(rendered.error), "exit_code": exit_code(rendered.error)}
    return facts | {"took_seconds": round(rendered.took_seconds, 3)}


def print_outcomes(outcomes: Sequence[Rendered]) -> None:
    """A table on stderr, a line a script, and one of them all."""
    from podforge.console import print_rows

    rows: list[tuple[str, ...]] = [
        (
            str(rendered.script),
            rendered.status,
            clock(rendered.product.seconds) if rendered.product else "",
            clock(rendered.took_seconds),
            _reason(rendered.error) if rendered.error else "",
        )
        for rendered in outcomes
    ]
    counts = Counter(rendered.status for rendered in outcomes)
    seconds = sum(rendered.product.seconds for rendered in outcomes if rendered.product)
    took = sum(rendered.took_seconds for rendered in outcomes)
    total = ", ".join(f"{count} {status}" for status, count in counts.items())
    rows.append((f"{len(rows)} scripts", total, clock(seconds), clock(took), ""))
    with suppress(OSError):  # nobody listens: the exit code says it, too
        print_rows(("script", "status", "audio", "took", "reason"), rows, err=True)


def _reason(error: PodforgeError) -> str:
    """In one line: the first of many problems, and how many there are."""
    if not isinstance(error, InputError):
        return str(error)
    problems = [problem for problem in error.problems if problem.severity == "error"]
    more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
    return f"{problems[0].place}: {problems[0].text}{more}" if problems else str(error)
