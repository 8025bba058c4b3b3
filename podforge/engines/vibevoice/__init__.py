"""VibeVoice: long windows of up to four speakers, whose voices are recordings.

    spec.py         what is known without torch: limits, settings, fingerprint
    options.py      the settings of a run
    hub.py          where a model lies: a folder, or the Hugging Face cache
    checkpoint.py   is it whole, is it ours, how large is it

    engine.py       in a worker: embeds voices, speaks windows
    loading.py      the model, on the device and in the number format that suit
    latents.py      what the model makes of a recording, as it is kept
    prompting.py    a window as the embeddings of its prompt
    decoding.py     many windows, a few rows: continuous batching
    frames.py       one frame of audio for every row, without the host
    sampling.py     the diffusion sampler with its schedule worked out once
    buffers.py      keys, values and convolution states in buffers that never move
    memory.py       how much of it all fits

Only what stands below `engine.py` imports torch.
"""
