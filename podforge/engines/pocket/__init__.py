"""Pocket TTS, a small model that clones voices on a processor, in process through transformers.

    spec.py      what is known without torch: limits, settings, fingerprint
    options.py   the settings of a run and of a voice
    model.py     where the model and its codec lie, and how they get there

    engine.py    in a worker: recordings become embeddings, lines become takes
    speaking.py  the loaded model: a voice, a text, a piece of sound
    seeded.py    noise from a seed
    latents.py   a voice as it is kept

Only what stands below `engine.py` imports torch.
"""
