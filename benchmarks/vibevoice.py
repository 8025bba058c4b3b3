"""VibeVoice's frames per second: our decode loop beside `model.generate` on the same weights.

    python -m benchmarks.vibevoice [--config tiny|middle|1.5b] [--batch 1 4 16] [--context 300]
                                   [--frames 16] [--repeat 3] [--device cpu] [--threads N]

Weights are random and never end by themselves, so that each way makes the same number of frames.
Both ways get the same prompts of `--context` tokens; reading them is timed apart and taken off.
The ways take turns; medians are printed.  `generate` is run as it is, and once more without the
pass that guides its choice of tokens (docs/vibevoice.md), which the model was not made with.
"""

import argparse
import resource
import statistics
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch

from podforge.engines.vibevoice.decoding import Window, decode, window_noise
from podforge.engines.vibevoice.frames import Rows
from podforge.engines.vibevoice.loading import device_of, dtype_of
from podforge.engines.vibevoice.sampling import Sampler, schedule_of
from podforge.engines.vibevoice.spec import FRAMES_PER_SECOND
from podforge.threads import processors
from tests import tiny_vibevoice
from tests.vibevoice_ways import unguided_tokens

GUIDANCE, STEPS = 1.3, 10


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--config", choices=("tiny", "middle", "1.5b"), default="middle")
    parser.add_argument("--batch", type=int, nargs="+", default=[1, 4, 16])
    parser.add_argument("--context", type=int, nargs="+", default=[300])
    parser.add_argument("--frames", type=int, default=16)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--device", default="auto")
    parser.add_argument("--threads", type=int, default=processors())
    asked = parser.parse_args()
    torch.set_num_threads(asked.threads)
    bench = Bench.of(asked.config, asked.device, asked.frames)
    where = f"{bench.device}, {bench.model.dtype}".replace("torch.", "")
    print(f"{asked.config}: {bench.parameters / 1e6:.0f} M parameters, {where}", flush=True)
    for context in asked.context:
        compare(bench, sorted({1, *asked.batch}), context, asked.repeat)


@dataclass(frozen=True)
class Bench:
    """A model that never ends, and how many frames each way makes of a window."""

    model: Any
    sampler: Sampler
    frames: int

    @classmethod
    def of(cls, config: str, device_name: str, frames: int) -> "Bench":
        device = device_of(device_name)
        model, _ = tiny_vibevoice.make(config, 0, ends=False)
        model = model.to(device, dtype_of("auto", device)).eval()
        scheduler = model._build_default_noise_scheduler(model.generation_config)
        sampler = Sampler(model.model.diffusion_head, schedule_of(scheduler, STEPS), GUIDANCE)
        return cls(model, sampler, frames)

    @property
    def device(self) -> torch.device:
        return self.model.device

    @property
    def parameters(self) -> int:
        return sum(weights.numel() for weights in self.model.parameters())

    def prompts(self, rows: int, context: int) -> torch.Tensor:
        generator = torch.Generator().manual_seed(1)
        ids = torch.randint(0, 250, (rows, context), generator=generator)
        ids[:, -1] = self.model.config.audio_bos_token_id
        return self.model.get_input_embeddings()(ids.to(self.device)).detach()

    def seconds(self, work: Callable[[int], None]) -> float:
        """What `frames` frames take, without reading the prompt."""
        return self._clock(work, self.frames + 1) - self._clock(work, 1)

    def _clock(self, work: Callable[[int], None], frames: int) -> float:
        self._wait()
        start = time.perf_counter()
        work(frames)
        self._wait()
        return time.perf_counter() - start

    def _wait(self) -> None:
        if self.device.type == "cuda":
            torch.cuda.synchronize()

    def generate(self, prompts: torch.Tensor, frames: int) -> None:
        """Transformers' own loop."""
        ids = torch.full(prompts.shape[:2], self.model.config.audio_bos_token_id)
        ids = ids.to(self.device)
        self.model.generate(
            input_ids=ids, inputs_embeds=prompts, attention_mask=torch.ones_like(ids),
            guidance_scale=GUIDANCE, num_diffusion_steps=STEPS, max_new_tokens=frames,
        )  # fmt: skip

    def generate_unguided(self, prompts: torch.Tensor, frames: int) -> None:
        """The same without the pass that guides tokens."""
        with unguided_tokens(self.model):
            self.generate(prompts, frames)

    def ours(self, rows: Rows, prompts: torch.Tensor, frames: int) -> None:
        """Our loop."""
        size = self.model.config.audio_config.hidden_size
        windows = [
            Window(str(n), prompt, window_noise(n, frames, size), frames)
            for n, prompt in enumerate(prompts)
        ]
        for _ in decode(rows, len(windows), windows, lambda *_: True):
            pass


def compare(bench: Bench, batches: list[int], context: int, repeat: int) -> None:
    one = bench.prompts(1, context)
    found: dict[str, list[float]] = defaultdict(list)
    memory: dict[int, float] = {}
    for _ in range(repeat):
        found["generate"].append(bench.seconds(lambda n: bench.generate(one, n)))
        found["unguided"].append(bench.seconds(lambda n: bench.generate_unguided(one, n)))
        for batch in batches:
            prompts = bench.prompts(batch, context)
            rows = room(bench, batch, context)
            found[f"ours {batch}"].append(
                bench.seconds(lambda n, r=rows, p=prompts: bench.ours(r, p, n))
            )
            memory[batch] = peak_mib(bench.device)
            if batch > 1:
                found[f"generate {batch}"].append(
                    bench.seconds(lambda n, p=prompts: bench.generate(p, n))
                )
    took = {way: statistics.median(seconds) for way, seconds in found.items()}
    print(f"\ncontext {context} tokens, {bench.frames} frames a window, medians of {repeat}")
    print("way               frames/s   times real time   a window against generate alone")
    for way, seconds in took.items():
        words = way.split()
        batch = int(words[1]) if len(words) > 1 else 1
        rate = batch * bench.frames / seconds
        ratio = took["generate"] * batch / seconds
        print(f"{way:<16} {rate:9.2f} {rate / FRAMES_PER_SECOND:17.3f} {ratio:20.2f}x")
    print(
        f"ours 1 against generate without the third pass: {took['unguided'] / took['ours 1']:.2f}x"
    )
    for batch in batches:
        print(f"shares at batch {batch}: {shares(bench, batch, context)}; {memory[batch]:.0f} MiB")


def room(bench: Bench, batch: int, context: int) -> Rows:
    return Rows(bench.model, bench.sampler, batch, context + bench.frames + 2)


def shares(bench: Bench, batch: int, context: int) -> str:
    """Where the time of our frames goes."""
    took: dict[str, float] = defaultdict(float)
    rows, inner = room(bench, batch, context), bench.model.model
    places = {
        "language model": (inner.language_model, "forward"),
        "diffusion": (rows, "_sampler"),
        "decoder": (inner.audio_tower, "decode"),
        "semantic encoder": (inner.semantic_tokenizer_encoder, "forward"),
    }
    with torch.inference_mode():
        for row, prompt in enumerate(bench.prompts(batch, context)):
            rows.begin(row, prompt, window_noise(row, bench.frames, 64))
            list(rows.read(row, prompt))
        with timed(places, took, bench):
            start = time.perf_counter()
            for _ in range(min(8, bench.frames)):
                rows.step(batch).cpu()
            whole = time.perf_counter() - start
    took["rest"] = whole - sum(took.values())
    return ", ".join(f"{name} {seconds / whole:.0%}" for name, seconds in took.items())


@contextmanager
def timed(
    places: dict[str, tuple[Any, str]], took: dict[str, float], bench: Bench
) -> Iterator[None]:
    def watched(name: str, work: Callable[..., Any]) -> Callable[..., Any]:
        def run(*given: Any, **more: Any) -> Any:
            bench._wait()
            start = time.perf_counter()
            made = work(*given, **more)
            bench._wait()
            took[name] += time.perf_counter() - start
            return made

        return run

    whole = {name: getattr(thing, method) for name, (thing, method) in places.items()}
    for name, (thing, method) in places.items():
        setattr(thing, method, watched(name, whole[name]))
    try:
        yield
    finally:
        for name, (thing, method) in places.items():
            setattr(thing, method, whole[name])


def peak_mib(device: torch.device) -> float:
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device) / 2**20
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
