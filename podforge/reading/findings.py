"""Problems as they are found: one run reports all of them."""

from podforge.errors import InputError, Place, Problem


class Findings:
    """What is wrong with one file, in the order of discovery."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.problems: list[Problem] = []

    def place(self, line: int, column: int = 0) -> Place:
        """A position in the file; both count from 1."""
        return Place(self.file, line, column)

    def error(self, place: Place, text: str) -> None:
        """Note something that stops the run."""
        self.problems.append(Problem(place, "error", text))

    def warning(self, place: Place, text: str) -> None:
        """Note something worth telling."""
        self.problems.append(Problem(place, "warning", text))

    def failed(self) -> bool:
        """Whether there is an error."""
        return any(problem.severity == "error" for problem in self.problems)

    def sorted(self) -> tuple[Problem, ...]:
        """Everything found, by place; each once."""
        return tuple(dict.fromkeys(sorted(self.problems, key=lambda problem: problem.place)))

    def raise_errors(self) -> None:
        """Raise `InputError` with everything found, if there is an error among it."""
        if self.failed():
            raise InputError(self.sorted())
