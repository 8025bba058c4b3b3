"""Where models lie, what they are, and how they come; the hub is a small server of our own."""

import json
import os
import shutil
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from podforge.engines import digests
from podforge.engines.vibevoice import checkpoint, hub
from podforge.errors import DiskFull, InputError, MissingInput, PodforgeError, Unavailable
from podforge.events import FetchDone, FetchFailed, FetchProgress, FetchStarted
from tests.hub_server import MODEL, Hub, files_of, serving

CONFIG = {"model_type": "vibevoice", "text_config": {"max_position_embeddings": 4096}}
CODE = {  # a pickle (protocol 0) and a module; both make a file when they are run
    "pytorch_model.bin": b"cposix\nsystem\n(S'touch RUN'\ntR.",
    "evil.py": b"open('RUN', 'w')\n",
}
OTHERS = {"README.md": b"hello", "demo.wav": b"1" * 999, "model/old.safetensors": b"1" * 99}
SHARDS = ("model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors")


def safetensors(**tensors: tuple[str, int]) -> bytes:
    header, at = {}, 0
    for name, (kind, size) in tensors.items():
        header[name] = {"dtype": kind, "shape": [size], "data_offsets": [at, at + size]}
        at += size
    text = json.dumps(header | {"__metadata__": {"format": "pt"}}).encode()
    return struct.pack("<Q", len(text)) + text + b"\x01" * at


def write_model(folder: Path, *, weights: int = 4000) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps(CONFIG))
    for name in ("tokenizer.json", "processor_config.json", "generation_config.json"):
        (folder / name).write_text("{}")
    (folder / "chat_template.jinja").write_text("{{ messages }}")
    content = safetensors(a=("BF16", weights), b=("F32", 80))
    (folder / "model.safetensors").write_bytes(content)
    return folder


def split(folder: Path) -> Path:
    (folder / "model.safetensors").unlink()
    for n, shard in enumerate(SHARDS):
        (folder / shard).write_bytes(safetensors(**{f"t{n}": ("BF16", 100)}))
    placed = {f"t{n}": shard for n, shard in enumerate(SHARDS)}
    (folder / "model.safetensors.index.json").write_text(json.dumps({"weight_map": placed}))
    return folder


def cache_model(cache: Path, model: str = MODEL, commit: str = "c" * 40) -> Path:
    folder = cache / f"models--{model.replace('/', '--')}"
    (folder / "refs").mkdir(parents=True)
    (folder / "refs" / "main").write_text(commit)
    return write_model(folder / "snapshots" / commit)


@pytest.fixture
def folder(tmp_path):
    return write_model(tmp_path / "model")


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    """An empty Hugging Face cache, and no setting of the user's."""
    for name in [n for n in os.environ if n.startswith(("HF_", "HUGGINGFACE_", "TRANSFORMERS_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    return tmp_path / "hf" / "hub"


@pytest.fixture
def server(folder, monkeypatch):
    with serving(Hub(files_of(folder) | OTHERS | CODE)) as it:
        monkeypatch.setenv("HF_ENDPOINT", it.url)
        yield it


def fetched(**options):
    told = []
    hub.fetch(MODEL, told.append, **options)
    return told


def failed(kind, **options):
    told = []
    with pytest.raises(kind) as caught:
        hub.fetch(MODEL, told.append, **options)
    return told, str(caught.value)


# Where it lies


def test_a_model_that_is_not_here_is_not_located_and_has_an_open_fingerprint():
    assert hub.locate(MODEL) is None
    assert hub.fingerprint(MODEL) == f"{MODEL}@?"


def test_a_cached_model_is_its_commit(cache):
    snapshot = cache_model(cache)
    assert hub.locate(MODEL) == snapshot
    assert hub.fingerprint(MODEL) == f"{MODEL}@{'c' * 40}"


@pytest.mark.parametrize(
    ("settings", "place"),
    [
        ({"HF_HUB_CACHE": "{}/here"}, "here"),
        ({"HUGGINGFACE_HUB_CACHE": "{}/here"}, "here"),
        ({"HF_HOME": "{}/home"}, "home/hub"),
        ({"HF_HOME": "$BASE/home", "BASE": "{}"}, "home/hub"),
        ({"XDG_CACHE_HOME": "{}/xdg"}, "xdg/huggingface/hub"),
        ({"HOME": "{}"}, ".cache/huggingface/hub"),
        ({"HOME": "{}", "HF_HOME": "~/hf2"}, "hf2/hub"),
        ({"HF_HUB_CACHE": "{}/here", "HF_HOME": "{}/not"}, "here"),
    ],
)
def test_the_cache_lies_where_huggingface_hub_puts_it(settings, place, tmp_path, monkeypatch):
    for name in ("HF_HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name)
    for name, value in settings.items():
        monkeypatch.setenv(name, value.format(tmp_path))
    snapshot = cache_model(tmp_path / place)
    assert hub.locate(MODEL) == snapshot
    theirs = subprocess.run(
        [sys.executable, "-c", "from huggingface_hub import constants as c; print(c.HF_HUB_CACHE)"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert Path(theirs.stdout.strip()) == tmp_path / place


def test_what_an_interrupted_download_left_is_no_model(cache):
    (cache_model(cache) / "model.safetensors").unlink()
    assert hub.locate(MODEL) is None
    assert hub.fingerprint(MODEL) == f"{MODEL}@?"


def test_a_folder_is_located_by_its_path(folder):
    assert hub.locate(str(folder)) == folder
    assert hub.locate(str(folder / "not")) is None


def test_a_folder_that_is_named_like_a_model_is_a_folder(folder, monkeypatch):
    write_model(folder / "owner" / "name")
    monkeypatch.chdir(folder)
    assert not hub.is_hub_id("owner/name")
    assert hub.is_hub_id("owner/other")


def test_plans_need_neither_torch_nor_huggingface_hub(cache):
    cache_model(cache)
    code = (
        "import sys; from podforge.engines.vibevoice import hub;"
        f"hub.check_folder(hub.locate('{MODEL}')); hub.fingerprint('{MODEL}');"
        "print([n for n in ('torch', 'numpy', 'huggingface_hub', 'httpx') if n in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


# The fingerprint of a folder


def age(folder: Path, seconds: float = 60) -> None:
    for path in folder.iterdir():
        past = path.stat().st_mtime_ns - round(seconds * 1e9)
        os.utime(path, ns=(past, past))


@pytest.fixture
def hashed(monkeypatch):
    """Names of the files that were read to be hashed."""
    names, real = [], digests.hashlib.file_digest

    def noting(file, kind):
        names.append(Path(file.name).name)
        return real(file, kind)

    monkeypatch.setattr(digests.hashlib, "file_digest", noting)
    return names


def test_folders_with_the_same_content_have_the_same_fingerprint(folder, tmp_path):
    copy = shutil.copytree(folder, tmp_path / "elsewhere")
    (copy / "README.md").write_text("not part of the model")
    assert hub.fingerprint(str(copy)) == hub.fingerprint(str(folder))


@pytest.mark.parametrize(
    "name", ["config.json", "model.safetensors", "chat_template.jinja", "tokenizer.json"]
)
def test_a_change_of_any_file_that_matters_changes_the_fingerprint(name, folder):
    before = hub.fingerprint(str(folder))
    content = (folder / name).read_bytes()
    (folder / name).write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    assert hub.fingerprint(str(folder)) != before


def test_a_renamed_file_changes_the_fingerprint(folder):
    before = hub.fingerprint(str(folder))
    (folder / "tokenizer.json").rename(folder / "vocab.json")
    assert hub.fingerprint(str(folder)) != before


def test_two_files_that_are_links_to_one_blob_have_a_fingerprint(folder, tmp_path):
    copy = shutil.copytree(folder, tmp_path / "linked")
    for place, one in ((folder, shutil.copy), (copy, lambda a, b: b.symlink_to(a))):
        one(place / "tokenizer.json", place / "added_tokens.json")
    assert hub.fingerprint(str(copy)) == hub.fingerprint(str(folder))


def test_files_are_hashed_once(folder, hashed):
    age(folder)
    first = hub.fingerprint(str(folder))
    assert "model.safetensors" in hashed
    hashed.clear()
    assert hub.fingerprint(str(folder)) == first
    assert hashed == []


def test_only_what_changed_is_hashed_again(folder, hashed):
    age(folder)
    hub.fingerprint(str(folder))
    (folder / "tokenizer.json").write_text("[]")
    hashed.clear()
    hub.fingerprint(str(folder))
    assert hashed == ["tokenizer.json"]


def test_a_file_that_was_just_written_is_not_remembered(folder, hashed):
    hub.fingerprint(str(folder))
    hashed.clear()
    hub.fingerprint(str(folder))
    assert "model.safetensors" in hashed


def test_another_file_of_the_same_size_and_time_is_hashed(folder, hashed):
    age(folder)
    before = hub.fingerprint(str(folder))
    weights = folder / "model.safetensors"
    stat = weights.stat()
    other = folder.parent / "other"
    other.write_bytes(weights.read_bytes()[:-1] + b"\x02")
    os.utime(other, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    other.replace(weights)
    assert hub.fingerprint(str(folder)) != before


@pytest.mark.parametrize("broken", ["", "[]", "{", '{"x": 1}', "\xff"])
def test_a_broken_memory_of_digests_is_ignored(broken, folder):
    age(folder)
    before = hub.fingerprint(str(folder))
    digests._memory_file().write_text(broken, encoding="latin-1")
    assert hub.fingerprint(str(folder)) == before


def test_a_memory_of_a_wrong_shape_is_ignored(folder):
    age(folder)
    before = hub.fingerprint(str(folder))
    entries = json.loads(digests._memory_file().read_text())
    digests._memory_file().write_text(json.dumps({name: [1, "x"] for name in entries}))
    assert hub.fingerprint(str(folder)) == before


def test_fingerprints_need_no_writable_cache(folder, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert hub.fingerprint(str(folder)) == hub.fingerprint(str(folder))


def test_a_folder_without_a_model_has_no_fingerprint(tmp_path):
    with pytest.raises(MissingInput, match="no model in"):
        hub.fingerprint(str(tmp_path / "nothing"))


# What is in it


def test_a_whole_folder_passes(folder):
    hub.check_folder(folder)
    assert hub.context_tokens(folder) == 4096
    assert hub.parameters_bytes(folder) == {"BF16": 4000, "F32": 80}


def test_a_split_model_passes(folder):
    hub.check_folder(split(folder))
    assert hub.parameters_bytes(folder) == {"BF16": 200}


def test_weights_that_the_index_does_not_name_do_not_count(folder):
    split(folder)
    (folder / "model-old.safetensors").write_bytes(safetensors(x=("F32", 8)))
    assert hub.parameters_bytes(folder) == {"BF16": 200}


@pytest.mark.parametrize(
    "name", ["config.json", "tokenizer.json", "processor_config.json", "chat_template.jinja",
             "model.safetensors"],
)  # fmt: skip
def test_a_missing_file_is_named(name, folder):
    (folder / name).unlink()
    with pytest.raises(MissingInput, match=name):
        hub.check_folder(folder)


def test_pickled_weights_are_no_weights(folder):
    (folder / "model.safetensors").unlink()
    (folder / "pytorch_model.bin").write_bytes(CODE["pytorch_model.bin"])
    with pytest.raises(MissingInput, match=r"not whole: model\.safetensors missing"):
        hub.check_folder(folder)


def test_a_missing_shard_is_named(folder):
    split(folder)
    (folder / SHARDS[1]).unlink()
    with pytest.raises(MissingInput, match=SHARDS[1]):
        hub.check_folder(folder)


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(MissingInput, match=r"no folder .*nothing"):
        hub.check_folder(tmp_path / "nothing")


@pytest.mark.parametrize("keep", [0, 4, 8, 100, -1])
def test_weights_that_are_cut_off_are_found(keep, folder):
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:keep])
    with pytest.raises(InputError, match=r"model\.safetensors: error: is .*download it again"):
        hub.check_folder(folder)


def test_weights_with_more_behind_them_are_found(folder):
    with (folder / "model.safetensors").open("ab") as file:
        file.write(b"more")
    with pytest.raises(InputError, match="bytes long instead of"):
        hub.check_folder(folder)


@pytest.mark.parametrize(
    "content",
    [
        b"\xff" * 100,  # a header of 2**64 - 1 bytes
        struct.pack("<Q", 2) + b"[]",
        struct.pack("<Q", 4) + b"{{{{",
        struct.pack("<Q", 8) + b'{"a": 1}',
        b"<html>not found</html>",
    ],
)
def test_files_that_are_no_weights_are_found(content, folder):
    (folder / "model.safetensors").write_bytes(content)
    with pytest.raises(InputError, match="download it again"):
        hub.check_folder(folder)


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ({"model_type": "qwen2"}, 'of type "qwen2", not VibeVoice'),
        ({"model_type": "vibevoice_streaming"}, 'of type "vibevoice_streaming"'),
        ({}, "of no known type"),
        ({"architectures": ["VibeVoiceForConditionalGenerationInference"]}, "first layout"),
        ({"model_type": "vibevoice", "decoder_config": {}}, "first layout"),
    ],
)
def test_another_model_is_called_by_its_name(config, said, folder):
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "tokenizer.json").unlink()  # what it is comes before what it lacks
    with pytest.raises(InputError, match=said) as caught:
        hub.check_folder(folder)
    assert "VibeVoice-1.5B-hf" in str(caught.value)


@pytest.mark.parametrize("text", ["", "{", "[]", "\x00"])
def test_a_broken_config_is_found(text, folder):
    (folder / "config.json").write_text(text)
    with pytest.raises(InputError, match=r"config\.json: error: is not"):
        hub.check_folder(folder)
    assert hub.context_tokens(folder) is None


def test_a_broken_index_is_found(folder):
    (split(folder) / "model.safetensors.index.json").write_text("{}")
    with pytest.raises(InputError, match="weight_map"):
        hub.check_folder(folder)


# How it comes


def test_a_model_comes_whole_and_without_what_is_not_needed(server, folder, capfd):
    told = fetched()
    here = hub.locate(MODEL)
    wanted = {name: data for name, data in server.files.items() if checkpoint.matters(name)}
    assert files_of(here) == wanted
    assert not [name for name in OTHERS | CODE if server.fetched(name)]
    assert hub.fingerprint(MODEL) == f"{MODEL}@{server.commit}"
    hub.check_folder(here)
    # The config came first, to see what model it is.
    size = sum(map(len, wanted.values())) - len(wanted["config.json"])
    assert told[0] == FetchStarted(MODEL, size)
    assert told[-1] == FetchDone(MODEL)
    progress = [event.size for event in told[1:-1]]
    assert all(isinstance(event, FetchProgress) for event in told[1:-1])
    assert progress == sorted(progress)
    assert progress[-1] == size
    assert capfd.readouterr() == ("", "")


def test_a_model_that_is_here_costs_no_call(server):
    fetched()
    server.asked.clear()
    assert fetched() == []
    assert server.asked == []


def test_an_update_takes_the_newer_commit_and_only_the_files_that_changed(server):
    fetched()
    server.commit = "b" * 40
    server.files["tokenizer.json"] = b'{"new": true}'
    server.asked.clear()
    told = fetched(update=True)
    assert told[0] == FetchStarted(MODEL, len(b'{"new": true}'))
    assert hub.fingerprint(MODEL) == f"{MODEL}@{'b' * 40}"
    assert server.fetched("tokenizer.json") == 1
    assert server.fetched("model.safetensors") == 0


def test_an_update_without_news_downloads_nothing(server):
    fetched()
    assert fetched(update=True) == []
    assert hub.fingerprint(MODEL) == f"{MODEL}@{server.commit}"


def test_a_failed_update_leaves_the_older_model_in_use(server):
    fetched()
    before = server.commit
    server.commit = "b" * 40
    server.files["model.safetensors"] = safetensors(a=("F32", 400))
    server.fails["model.safetensors"] = 500
    failed(Unavailable, update=True)
    assert hub.fingerprint(MODEL) == f"{MODEL}@{before}"
    hub.check_folder(hub.locate(MODEL))


def test_a_download_that_was_interrupted_goes_on(server):
    server.fails["model.safetensors"] = 500
    told, said = failed(Unavailable)
    assert "run it again" in said
    assert told[-1] == FetchFailed(MODEL)
    assert hub.locate(MODEL) is None
    server.fails.clear()
    server.asked.clear()
    told = fetched()
    assert server.fetched("config.json") == 0
    assert server.fetched("model.safetensors") == 1
    assert told[0].size < sum(map(len, server.files.values()))
    hub.check_folder(hub.locate(MODEL))


def test_a_connection_that_drops_is_taken_up_where_it_ended(server, capfd):
    server.drops["model.safetensors"] = 1
    told = fetched()
    assert server.fetched("model.safetensors") == 2
    content = (hub.locate(MODEL) / "model.safetensors").read_bytes()
    assert content == server.files["model.safetensors"]
    assert max(e.size for e in told if isinstance(e, FetchProgress)) == told[0].size
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("answer", "kind", "said"),
    [
        ((404, "RepoNotFound"), MissingInput, f"has no model {MODEL}"),
        ((401, ""), MissingInput, "hf auth login"),
        ((401, "GatedRepo"), Unavailable, f"ask at https://huggingface.co/{MODEL}"),
        ((403, "GatedRepo"), Unavailable, f"ask at https://huggingface.co/{MODEL}"),
        ((403, ""), Unavailable, "asked for access"),
        ((500, ""), Unavailable, "500"),
    ],
)
def test_what_the_hub_refuses_is_said_plainly(answer, kind, said, server):
    server.refuses = answer
    told, text = failed(kind)
    assert said in text
    assert told == []


def test_without_a_network_the_error_says_so(monkeypatch):
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    told, text = failed(Unavailable)
    assert "could not be downloaded" in text
    assert "Connect" in text
    assert told == []


@pytest.mark.parametrize("switch", ["HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", None])
def test_offline_a_missing_model_names_the_command_to_run(switch, server, monkeypatch):
    if switch:
        monkeypatch.setenv(switch, "1")
    _, text = failed(Unavailable, offline=switch is None)
    assert f"hf download {MODEL}" in text
    assert server.asked == []


def test_offline_a_model_that_is_here_is_used(server):
    fetched()
    server.asked.clear()
    assert fetched(offline=True) == []
    _, text = failed(Unavailable, offline=True, update=True)
    assert "--update-model" in text
    assert server.asked == []


def test_a_model_larger_than_the_disk_is_not_begun(server, monkeypatch):
    usage = shutil.disk_usage("/")._replace(free=1000)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    told, text = failed(DiskFull)
    assert "HF_HOME" in text
    assert told == []
    assert server.fetched("model.safetensors") == 0


def test_another_kind_of_model_is_refused_before_its_weights_come(server):
    server.files["config.json"] = b'{"model_type": "qwen2"}'
    _, text = failed(InputError)
    assert 'of type "qwen2"' in text
    assert server.fetched("model.safetensors") == 0


def test_a_repository_without_a_config_is_no_model(server):
    del server.files["config.json"]
    _, text = failed(MissingInput)
    assert "no model that we can read" in text


def test_a_repository_without_all_that_is_needed_is_not_used(server):
    del server.files["processor_config.json"]
    _, text = failed(PodforgeError)
    assert "processor_config.json" in text
    assert hub.locate(MODEL) is None


def test_without_huggingface_hub_the_error_says_what_to_install(server, monkeypatch):
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    monkeypatch.delitem(sys.modules, "podforge.engines.downloading", raising=False)
    _, text = failed(Unavailable)
    assert "pip install 'podforge[vibevoice]'" in text


@pytest.mark.parametrize("model", ["/not/here", "./not", "a/b/c", "one word", "../up", "name"])
def test_a_folder_that_is_not_there_is_not_looked_for_on_the_hub(model, server):
    with pytest.raises(MissingInput):
        hub.fetch(model, print)
    assert hub.locate(model) is None
    assert server.asked == []


def test_a_folder_needs_no_download(folder, server):
    told = []
    hub.fetch(str(folder), told.append, update=True)
    assert told == server.asked == []


def test_a_real_model_comes_and_loads_and_no_code_beside_it_is_run(tmp_path, monkeypatch):
    from podforge.engines.vibevoice.loading import load
    from podforge.engines.vibevoice.options import Options
    from tests import tiny_vibevoice

    built = tiny_vibevoice.build(tmp_path / "built")
    config = json.loads((built / "config.json").read_text())
    config["auto_map"] = {"AutoConfig": "evil.Evil", "AutoModel": "evil.Evil"}
    (built / "config.json").write_text(json.dumps(config))
    hub.check_folder(built)
    with serving(Hub(files_of(built) | CODE)) as it:
        monkeypatch.setenv("HF_ENDPOINT", it.url)
        fetched()
    here = hub.locate(MODEL)
    assert files_of(here).keys().isdisjoint(CODE)
    for name, content in CODE.items():  # as in a folder that somebody copied
        (here / name).write_bytes(content)
    monkeypatch.chdir(tmp_path)
    loaded = load(Options(device="cpu", threads=1), here)
    model = loaded.model
    assert not (tmp_path / "RUN").exists()
    assert loaded.processor.audio_token_id == model.config.audio_token_id
    assert hub.parameters_bytes(here) == {"F32": 4 * sum(p.numel() for p in model.parameters())}
    assert hub.context_tokens(here) == 65536
