"""What a finished sound measures, and whether that is what was asked for.

    blocks -> Inspector -> Measured -> judge -> Verdicts

One pass, whatever the length.  Measurements of chapters add up to that of the book.
"""

from podforge.inspecting.inspector import Inspector, Trace, inspect
from podforge.inspecting.measured import Measured, joined
from podforge.inspecting.verdicts import Verdict, judge, whole

__all__ = ["Inspector", "Measured", "Trace", "Verdict", "inspect", "joined", "judge", "whole"]
