"""Tiny ONNX models with the inputs and outputs of the real ones, made here."""

import json
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

SAMPLES = 1_600  # a token, at 24 kHz: fifteen a second
STYLE = 256


def model(path: Path, durations: bool = False, width: int = STYLE) -> None:
    """Each token becomes a burst of noise, louder for another token; the style adds a hum.

    As in the vocoders of the real ones there is noise that is another one each time.

    Inputs `input_ids` (1, n), `style` (1, `width`), `speed` (1,); output `audio` (samples,) and, if
    asked for, `duration` (n,).
    """
    rng = np.random.default_rng(7)
    shape = np.hanning(SAMPLES) + 0.05
    constants = {
        "burst": (rng.normal(0, 0.4, SAMPLES) * shape).astype(np.float32).reshape(1, 1, SAMPLES),
        "hum": np.sin(np.arange(SAMPLES) / 9).astype(np.float32).reshape(1, 1, SAMPLES),
        "scale": np.array(200.0, np.float32),
        "last": np.array([2], np.int64),
        "flat": np.array([-1], np.int64),
        "axis": np.array([1], np.int64),
        "nothing": np.array(0, np.int64),
        "one": np.array(1, np.int64),
    }
    nodes = [
        helper.make_node("Cast", ["input_ids"], ["tokens"], to=TensorProto.FLOAT),
        helper.make_node("Div", ["tokens", "scale"], ["loud"]),
        helper.make_node("Unsqueeze", ["loud", "last"], ["column"]),
        helper.make_node("Mul", ["column", "burst"], ["noise"]),
        helper.make_node("ReduceMean", ["style", "axis"], ["mean"], keepdims=1),
        helper.make_node("Unsqueeze", ["mean", "last"], ["level"]),
        helper.make_node("Mul", ["level", "hum"], ["tone"]),
        helper.make_node("Add", ["noise", "tone"], ["sound"]),
        helper.make_node("RandomNormalLike", ["sound"], ["breath"], scale=1e-4),
        helper.make_node("Add", ["sound", "breath"], ["voiced"]),
        helper.make_node("Reshape", ["voiced", "flat"], ["long"]),
        helper.make_node("Div", ["long", "speed"], ["audio"]),
    ]
    outputs = [helper.make_tensor_value_info("audio", TensorProto.FLOAT, ["samples"])]
    if durations:
        nodes += [
            helper.make_node("Mul", ["input_ids", "nothing"], ["zeros"]),
            helper.make_node("Add", ["zeros", "one"], ["ones"]),
            helper.make_node("Reshape", ["ones", "flat"], ["duration"]),
        ]
        outputs.append(helper.make_tensor_value_info("duration", TensorProto.INT64, ["n"]))
    graph = helper.make_graph(
        nodes,
        "tiny",
        [
            helper.make_tensor_value_info("input_ids", TensorProto.INT64, [1, "n"]),
            helper.make_tensor_value_info("style", TensorProto.FLOAT, [1, width]),
            helper.make_tensor_value_info("speed", TensorProto.FLOAT, [1]),
        ],
        outputs,
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    onnx.checker.check_model(made)
    onnx.save(made, path)


def kokoro(folder: Path, durations: bool = False) -> Path:
    """A folder with a model and three voices: a style for each number of phonemes."""
    folder.mkdir(parents=True, exist_ok=True)
    model(folder / "kokoro-v1.0.onnx", durations)
    levels = {"af_heart": 0.02, "bf_emma": 0.06, "ff_siwis": 0.1}
    styles = {name: np.full((510, 1, STYLE), level, "f4") for name, level in levels.items()}
    with (folder / "voices-v1.0.bin").open("wb") as file:
        np.savez(file, **styles)
    return folder


def kitten(folder: Path) -> Path:
    """A folder as `hf download` makes it: a style for each length, names, and what is named."""
    folder.mkdir(parents=True, exist_ok=True)
    model(folder / "kitten_tts_mini.onnx")
    levels = {"expr-voice-2-f": 0.02, "expr-voice-3-m": 0.08}
    styles = {
        name: np.full((400, STYLE), level, "f4") * (1 + np.arange(400)[:, None] / 400)
        for name, level in levels.items()
    }
    np.savez(folder / "voices.npz", **{name: style.astype("f4") for name, style in styles.items()})
    config = {
        "type": "ONNX2",
        "model_file": "kitten_tts_mini.onnx",
        "voices": "voices.npz",
        "speed_priors": {"expr-voice-3-m": 0.8},
        "voice_aliases": {"Bella": "expr-voice-2-f", "Jasper": "expr-voice-3-m"},
    }
    (folder / "config.json").write_text(json.dumps(config))
    return folder
