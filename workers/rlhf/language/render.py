"""The one way from a conversation to tokens and back: SFT, the reward model, PPO and generation all use it.

So a completion is scored as it was sampled, and a policy is asked as it was taught. The template and the tokenizer
are hashed into every artifact: two models with the same hashes read a conversation alike.
"""

from collections.abc import Sequence
from typing import Any

from jinja2 import TemplateError
from transformers import PreTrainedTokenizerBase

from apps.core.domain.canonical import content_hash, sha256_hex
from apps.datasets.domain.records import Message, model_messages
from workers.rlhf.frame.errors import BadInput

Ids = list[int]

# What sft teaches a base without a chat template of its own, such as GPT-2. Earlier replies end as the model's own do.
PLAIN_TEMPLATE = """\
{%- for message in messages -%}
{%- if message['role'] == 'system' -%}{{ message['content'] + '\n\n' }}
{%- elif message['role'] == 'user' -%}{{ 'User:\n' + message['content'] + '\n\n' }}
{%- elif message['role'] == 'assistant' -%}{{ 'Assistant:\n' + message['content'] + eos_token + '\n\n' }}
{%- else -%}{{ raise_exception('the role is not system, user or assistant') }}
{%- endif -%}
{%- endfor -%}
{%- if add_generation_prompt -%}{{ 'Assistant:\n' }}{%- endif -%}
"""


def own_template(tokenizer: PreTrainedTokenizerBase) -> bool:
    """Sees to it that a base that is about to be taught has a chat template. Says whether the plain one was needed."""
    if tokenizer.chat_template:
        return False
    tokenizer.chat_template = PLAIN_TEMPLATE
    return True


class Renderer:
    """Raises BadInput where the tokenizer has no end token, no pad token apart from it (`loading.own_pad` adds one), or no
    chat template (`own_template`): a model that was taught none answers something else than it was asked.

    With pad == EOS a loss that leaves out padding leaves out the end of every reply, and the model never learns to stop.
    """

    def __init__(self, tokenizer: PreTrainedTokenizerBase, name: str = "model") -> None:
        if tokenizer.eos_token_id is None:
            raise BadInput(name, f"{name}: its tokenizer has no end-of-text token, so a reply would have no end.")
        if tokenizer.pad_token_id is None:
            raise BadInput(name, f"{name}: its tokenizer has no padding token; fine-tune it with sft, which adds one.")
        if tokenizer.pad_token_id == tokenizer.eos_token_id:
            raise BadInput(
                name,
                f"{name}: its padding token is its end-of-text token {tokenizer.eos_token!r}; they must differ, "
                "or the end of a reply is never learned. Fine-tune it with sft, which adds a padding token.",
            )
        if not tokenizer.chat_template:
            raise BadInput(
                name,
                f"{name}: its tokenizer has no chat template, so how it reads a conversation is not known; fine-tune it with "
                "sft, which teaches it a plain one.",
            )
        self.name = name
        self.tokenizer = tokenizer
        self.eos_id: int = tokenizer.eos_token_id
        self.pad_id: int = tokenizer.pad_token_id

    def prompt_ids(self, messages: Sequence[Message], context: str | None = None) -> Ids:
        """The tokens a reply continues. What stands in a message is text: it cannot forge a role or an end token.

        Raises BadInput where the chat template refuses the conversation: some take no system message.
        """
        try:
            rendered: Any = self.tokenizer.apply_chat_template(
                model_messages(list(messages), context),
                add_generation_prompt=True,
                sanitize_control_tokens=True,
                return_dict=False,
            )
        except TemplateError as error:
            raise BadInput(
                self.name, f"{self.name}: its chat template refuses a conversation of the input: {error}."
            ) from error
        return list(rendered)

    def completion_ids(self, text: str) -> Ids:
        """The tokens of a reply, EOS last. Special tokens spelled out in the text are text."""
        ids: Ids = self.tokenizer.encode(text, add_special_tokens=False, split_special_tokens=True)
        return [*ids, self.eos_id]

    def text(self, ids: Sequence[int]) -> str:
        """The text of a sampled reply: what stands before its first EOS, without special tokens."""
        reply = list(ids)
        if self.eos_id in reply:
            reply = reply[: reply.index(self.eos_id)]
        text = self.tokenizer.decode(reply, skip_special_tokens=True, clean_up_tokenization_spaces=False)
        return str(text)

    @property
    def template_sha256(self) -> str:
        return sha256_hex(str(self.tokenizer.get_chat_template()))

    @property
    def tokenizer_sha256(self) -> str:
        """Over the vocabulary, the special tokens and how a text of every kind of character is cut."""
        tokenizer = self.tokenizer
        return content_hash(
            {
                "vocabulary": tokenizer.get_vocab(),
                "special": {name: str(token) for name, token in tokenizer.special_tokens_map.items()},
                "probe": tokenizer.encode(_PROBE, add_special_tokens=False),
            }
        )


# Tokenizers with the same vocabulary may still cut a text differently: merges, normalisation, prefix spaces.
_PROBE = "The 2nd visit, at 10:30 on 4 July,\n\tisn’t free: ÄÖ ﬁ é 東京 🙂 costs $1,234.50?  It_does! " * 2
