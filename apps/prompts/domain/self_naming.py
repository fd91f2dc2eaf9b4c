"""Whether a reply tells who wrote it: a model's or its maker's name, said of itself, in the first person.

Patterns that hold back: a reply may speak of ChatGPT, of Claude Monet, of a falcon or of the sign of Gemini. A blind
comparison is spoiled by "I am Qwen, made by Alibaba Cloud" only. English; other languages are not read.
"""

import re

# Names that mean a model or its maker wherever they stand.
_PLAIN = (
    "chat ?gpt", "gpt-?[2345](?:[.-]?[0-9a-z]+)?", "instructgpt", "openai", "anthropic", "deepmind", "google ai",
    "mistral(?: ai)?", "mixtral", "qwen[0-9.]*", "tongyi", "alibaba(?: cloud)?", "deepseek", "llama[- ]?[0-9.]*",
    "meta ai", "vicuna", "lmsys", "open ?assistant", "laion", "dolly", "databricks", "guanaco", "wizardlm",
    "chatglm", "zhipu(?: ai)?", "moonshot(?: ai)?", "baichuan", "internlm", "hugging ?face", "cohere", "xai",
    "stability ai", "stablelm", "eleutherai", "pythia", "gpt-neox?", "gpt-j", "tulu",
)  # fmt: skip
# Names that people, animals and signs have too: only beside a word for what a model is, or after "made by".
_SHARED = ("claude", "gemini", "bard", "alpaca", "koala", "falcon", "phi", "yi", "grok", "kimi", "ernie", "google", "meta",
           "microsoft", "copilot", "baidu", "tencent", "nvidia", "ibm", "apple", "amazon", "bloom")  # fmt: skip
_MACHINE = (
    r"(?:ai|a\.i\.|artificial intelligence|(?:large )?language model|assistant|chat ?bot|bot|llm|virtual assistant)"
)
_MADE = r"(?:made|created|developed|trained|built|designed|produced)"
_I_AM = r"\b(?:i(?:['’]m| am)|my name is|call me|this is|you(?:['’]re| are) (?:talking|chatting|speaking) (?:to|with))"
_FILL = rf"(?:(?:an?|the|called|named|known as|your|helpful|friendly|large|{_MACHINE})[, ]+){{0,6}}"


def _names(names: tuple[str, ...]) -> str:
    return rf"(?:{'|'.join(names)})(?:-[\w.]+)?(?!\w)"


def _patterns(plain: str, shared: str) -> tuple[re.Pattern[str], ...]:
    anyone = rf"(?:{plain}|{shared})"
    texts = (
        # I am ChatGPT; I'm an AI assistant called Qwen; my name is Vicuna
        rf"{_I_AM}[, ]+{_FILL}{plain}",
        # I am Claude, an AI assistant; I'm Gemini, a large language model
        rf"{_I_AM} {shared}[,;]? [^.!?\n]{{0,40}}?\b{_MACHINE}\b",
        # I am an AI assistant named Claude
        rf"{_I_AM} [^.!?\n]{{0,40}}?\b{_MACHINE}\b[^.!?\n]{{0,20}}?\b(?:called|named) {anyone}",
        # I was created by Anthropic; I am a language model trained by Google
        rf"\bi(?:['’]m| am| was| have been|['’]ve been) (?:[^.!?\n]{{0,60}}?\b{_MACHINE}\b[^.!?\n]{{0,40}}?)?\b{_MADE} by (?:(?:researchers|a team|the team|engineers|people) (?:at|from) )?{anyone}",
        # As ChatGPT, I ...; As a language model trained by OpenAI, I ...
        rf"(?:^|[.!?\n]\s*)as (?:an? )?(?:[^.!?\n,]{{0,60}}\b{_MADE} by )?{plain}[^.!?\n]{{0,60}}?\b(?:i|my)\b",
        rf"(?:^|[.!?\n]\s*)as an? [^.!?\n,]{{0,40}}\b{_MACHINE}\b[^.!?\n,]{{0,40}}?\b{_MADE} by {anyone}[^.!?\n]{{0,60}}?\b(?:i|my)\b",
        # OpenAI trained me; my creators at Anthropic
        rf"\b{anyone} (?:has |have )?{_MADE} me\b",
        rf"\bmy (?:creators?|developers?|makers?|trainers?)(?:,| is| are| at) {anyone}",
    )
    return tuple(re.compile(text, re.IGNORECASE) for text in texts)


_KNOWN = _patterns(_names(_PLAIN), _names(_SHARED))


def names_itself(text: str) -> str:
    """The words in which the reply says what wrote it, empty where it does not."""
    for pattern in _KNOWN:
        if found := pattern.search(text):
            return " ".join(found.group().split())[:120].lstrip(".!? ")
    return ""
