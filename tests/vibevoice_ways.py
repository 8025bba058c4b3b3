"""Transformers' own loop as tests and benchmarks need it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from transformers import LogitsProcessorList
from transformers.generation.logits_process import UnbatchedClassifierFreeGuidanceLogitsProcessor


@contextmanager
def unguided_tokens(model: Any) -> Iterator[None]:
    """`generate` without the pass that guides the choice of tokens; see docs/vibevoice.md."""
    whole = model._get_logits_processor

    def without(*given: Any, **more: Any) -> LogitsProcessorList:
        stray = UnbatchedClassifierFreeGuidanceLogitsProcessor
        return LogitsProcessorList([p for p in whole(*given, **more) if not isinstance(p, stray)])

    model._get_logits_processor = without
    try:
        yield
    finally:
        del model._get_logits_processor
