"""Makes a model give a middle layer beside its last one.

The last layer is trained to tell which passage answers a question. What two tickets share shows
better a little above the middle, where German and English lie closest; see docs/adr/0017.
"""

from __future__ import annotations

from typing import Any

import torch
from sentence_transformers import SentenceTransformer
from torch.nn import Module, ModuleList
from torch.nn.functional import normalize

# The seventh of twelve. Stored vectors do not name it: another one needs another ``Space.key``.
_SHARE = 0.58


class _AppendMiddle(Module):
    """The last module of a model: length 1 for the last layer, and behind it a middle one's."""

    def __init__(self, layer: Module) -> None:
        super().__init__()
        self._seen: torch.Tensor | None = None
        self._hook = layer.register_forward_hook(self._see)

    def _see(self, _module: Module, _given: Any, made: Any) -> None:
        self._seen = made[0] if isinstance(made, tuple) else made

    def forget(self) -> None:
        """Leave the layer as it was."""
        self._hook.remove()

    def forward(self, features: dict[str, Any]) -> dict[str, Any]:
        seen, self._seen = self._seen, None
        assert seen is not None, "the layer runs before this module"
        mask = features["attention_mask"].unsqueeze(-1).to(seen.dtype)
        middle = (seen * mask).sum(1) / mask.sum(1).clamp(min=1e-9)
        both = (features["sentence_embedding"], middle)
        features["sentence_embedding"] = torch.cat([normalize(one, dim=1) for one in both], dim=1)
        return features


def append_middle(model: SentenceTransformer, dimension: int) -> int:
    """How many layers each of its vectors holds from now on, the last one first: 2, or 1 where
    the layers of its network cannot be told. ``dimension``: of one."""
    layers = _layers(model)
    if layers is None:
        return 1
    added = _AppendMiddle(layers[round(_SHARE * len(layers)) - 1])
    model.append(added)
    try:
        fits = model.encode(["self test", "Probe"]).shape == (2, 2 * dimension)
    except (RuntimeError, KeyError, AssertionError, AttributeError, IndexError):
        fits = False
    if not fits:
        added.forget()
        del model[-1]
    return 2 if fits else 1


def _layers(model: SentenceTransformer) -> ModuleList | None:
    network = getattr(model[0], "auto_model", None)
    count = getattr(getattr(network, "config", None), "num_hidden_layers", 0)
    if network is None or count < 4:
        return None
    found = (one for one in network.modules() if isinstance(one, ModuleList) and len(one) == count)
    return next(found, None)
