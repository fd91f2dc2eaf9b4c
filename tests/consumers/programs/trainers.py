"""Loads a snapshot with `datasets`, from its folder and from its URL, and takes steps on it with each trainer.

In: {"rankings": folder, "demonstrations": folder, "url": of a snapshot's files, "token"}. Out: what was seen.
"""

import json
import sys
from pathlib import Path
from types import SimpleNamespace

import torch
from datasets import load_dataset
from openrlhf.datasets import RewardDataset
from openrlhf.datasets.utils import blending_datasets
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import LlamaConfig, LlamaForCausalLM, LlamaForSequenceClassification, PreTrainedTokenizerFast
from trl import DPOConfig, DPOTrainer, KTOConfig, KTOTrainer, RewardConfig, RewardTrainer, SFTConfig, SFTTrainer

END = "<|end|>"
TEMPLATE = (
    "{% for m in messages %}{% if m['role'] == 'assistant' %}[a]{% generation %}{{ m['content'] }}" + END
    + "{% endgeneration %}{% else %}[{{ m['role'][0] }}]{{ m['content'] }}{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}[a]{% endif %}"
)  # fmt: skip


def tokenizer() -> PreTrainedTokenizerFast:
    """Bytes, a padding token and an end."""
    alphabet = ["<|pad|>", END, *sorted(pre_tokenizers.ByteLevel.alphabet())]
    backend = Tokenizer(models.BPE(vocab={token: number for number, token in enumerate(alphabet)}, merges=[]))
    backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    backend.decoder = decoders.ByteLevel()
    made = PreTrainedTokenizerFast(tokenizer_object=backend, eos_token=END, pad_token="<|pad|>")
    made.chat_template = TEMPLATE
    return made


def model(kind: type, tokens: PreTrainedTokenizerFast, **more: object) -> torch.nn.Module:
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=len(tokens), hidden_size=16, intermediate_size=32, num_hidden_layers=1, num_attention_heads=2,
        max_position_embeddings=512, pad_token_id=tokens.pad_token_id, eos_token_id=tokens.eos_token_id,
        bos_token_id=None, **more,
    )  # fmt: skip
    return kind(config)


def common(name: str) -> dict[str, object]:
    return {
        "output_dir": f"out-{name}", "max_steps": 2, "per_device_train_batch_size": 2, "use_cpu": True, "bf16": False,
        "gradient_checkpointing": False, "logging_steps": 1, "save_strategy": "no", "report_to": "none",
        "disable_tqdm": True, "max_length": 256, "learning_rate": 1e-2,
    }  # fmt: skip


def trained(trainer: object) -> dict[str, object]:
    """Steps and losses, and whether any weight moved."""
    before = [p.detach().clone() for p in trainer.model.parameters()]
    trainer.train()
    moved = any(not torch.equal(a, b) for a, b in zip(before, trainer.model.parameters(), strict=True))
    losses = [entry["loss"] for entry in trainer.state.log_history if "loss" in entry]
    return {"steps": trainer.state.global_step, "losses": losses, "moved": moved, "rows": len(trainer.train_dataset)}


def main() -> None:
    given = json.load(sys.stdin)
    rankings, demonstrations = Path(given["rankings"]), Path(given["demonstrations"])
    seen: dict[str, object] = {}

    def lines(name: str, folder: Path = rankings):
        return load_dataset("json", data_files=str(folder / name), split="train")

    seen["folder"] = len(load_dataset(str(rankings), split="train"))
    headers = {"headers": {"Authorization": f"Token {given['token']}"}}
    remote = {}
    for name in ("rankings.jsonl", "pairs.jsonl", "pairs.parquet"):
        kind = "parquet" if name.endswith("parquet") else "json"
        remote[name] = load_dataset(kind, data_files=f"{given['url']}{name}", storage_options=headers, split="train")
    seen["url"] = {name: len(rows) for name, rows in remote.items()}
    seen["same"] = remote["pairs.jsonl"][:] == lines("pairs.jsonl")[:] == remote["pairs.parquet"][:]
    streamed = load_dataset("json", data_files=str(rankings / "rankings.jsonl"), split="train", streaming=True)
    seen["streamed"] = sum(1 for _ in streamed)

    tokens = tokenizer()
    args = {"processing_class": tokens}
    pairs = lines("pairs.jsonl")
    reward = model(LlamaForSequenceClassification, tokens, num_labels=1)
    seen["reward"] = trained(RewardTrainer(reward, RewardConfig(**common("rm")), train_dataset=pairs, **args))
    policy, reference = model(LlamaForCausalLM, tokens), model(LlamaForCausalLM, tokens)
    seen["dpo"] = trained(DPOTrainer(policy, reference, DPOConfig(**common("dpo")), train_dataset=pairs, **args))
    sft = lines("sft.jsonl", demonstrations)
    learner = model(LlamaForCausalLM, tokens)
    only = SFTConfig(**common("sft"), assistant_only_loss=True)
    seen["sft"] = trained(SFTTrainer(learner, only, train_dataset=sft, **args))
    unpaired = lines("kto.jsonl")
    policy, reference = model(LlamaForCausalLM, tokens), model(LlamaForCausalLM, tokens)
    seen["kto"] = trained(KTOTrainer(policy, reference, KTOConfig(**common("kto")), train_dataset=unpaired, **args))

    seen["openrlhf"] = openrlhf(rankings / "openrlhf.jsonl", tokens)
    transcripts = lines("hh.jsonl")
    seen["hh"] = [transcripts[0]["chosen"], transcripts[0]["rejected"]]
    print(json.dumps(seen))  # noqa: T201 - the answer


def openrlhf(file: Path, tokens: PreTrainedTokenizerFast) -> dict[str, object]:
    """OpenRLHF's own blending and reward dataset; its trainer needs CUDA."""
    keys = SimpleNamespace(prompt_key="prompt", chosen_key="chosen", rejected_key="rejected", apply_chat_template=True)
    strategy = SimpleNamespace(
        args=SimpleNamespace(data=keys), print=lambda *_: None, is_rank_0=lambda: False,
    )  # fmt: skip
    data = blending_datasets(str(file), None, strategy)
    made = RewardDataset(data, tokens, 256, strategy, num_processors=None)
    batch = made.collate_fn([made[0], made[1]])
    return {
        "rows": len(made), "shape": list(batch[0].shape), "chosen": tokens.decode(made[0][0][0]),
        "rejected": tokens.decode(made[0][2][0]),
    }  # fmt: skip


if __name__ == "__main__":
    main()
