"""What kinds of request there are, and how often people made them of InstructGPT."""

# Share of API prompts in percent (arXiv 2203.02155, table 1): an orientation, no quota.
INSTRUCTGPT_SHARES = {
    "generation": 45.6,
    "open_qa": 12.4,
    "brainstorming": 11.2,
    "chat": 8.4,
    "rewrite": 6.6,
    "summarization": 4.2,
    "classification": 3.5,
    "other": 3.5,
    "closed_qa": 2.6,
    "extract": 1.9,
}
USE_CASES = tuple(INSTRUCTGPT_SHARES)
