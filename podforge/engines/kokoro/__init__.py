"""Kokoro, a small model with preset voices, in process through ONNX Runtime."""
