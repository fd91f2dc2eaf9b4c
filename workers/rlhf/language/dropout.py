"""Dropout by its many names."""

from typing import Any

# C.1 asks for residual dropout. Names of config fields, as transformers' model families spell it.
RESIDUAL = ("resid_pdrop", "resid_dropout", "residual_dropout", "hidden_dropout", "hidden_dropout_prob", "dropout")
ATTENTION = ("attention_dropout", "attn_pdrop", "attention_probs_dropout_prob")  # llama has no residual dropout


def dropout_setting(config: Any) -> str | None:
    """The config field that holds residual dropout, else attention dropout, else None: the family has neither."""
    return next((name for name in (*RESIDUAL, *ATTENTION) if hasattr(config, name)), None)
