"""Every benchmark in turn: `python -m benchmarks`; about half an hour on two processors."""

import subprocess
import sys

for module in (
    "benchmarks.planning",
    "benchmarks.mix",
    "benchmarks.requests",
    "benchmarks.render",
    "benchmarks.vibevoice",
):
    print(f"\n== {module}", flush=True)
    subprocess.run([sys.executable, "-m", module], check=True)
