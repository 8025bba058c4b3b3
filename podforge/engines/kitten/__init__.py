"""KittenTTS, a very small English model, in process through ONNX Runtime."""
