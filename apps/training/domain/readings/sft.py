"""What an SFT run's report says: which epoch was kept and why, what was learned from, and how."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..charts.chart import percent, short
from .report_json import finite, mapping, mappings, text, whole
from .saying import Sentence, as_it_is
from .saying import said as _

MUCH_WORSE = 1.02  # a validation loss so much above the lowest is worth a sentence
MOST_END = 0.9
LAST, LOSS = "ahead_of_last", "ahead_of_loss"


@dataclass(frozen=True, slots=True)
class Epoch:
    """What was measured after one; `marks` say why one may look at it."""

    number: int
    validation_loss: str
    reward: str
    ended: str
    marks: list[Sentence]


@dataclass(frozen=True, slots=True)
class SftReading:
    sentences: list[Sentence]
    epochs: list[Epoch]
    has_rewards: bool
    facts: list[tuple[Sentence, str]]
    left_out: dict[str, int]


def read_sft(report: Mapping[str, Any]) -> SftReading:
    """Of reports of older programs, too: what they do not say is left out."""
    chosen = mapping(report.get("selection"))
    epochs = [_epoch(one, chosen) for one in mappings(chosen.get("epochs"))]
    left_out = {str(why): n for why, n in mapping(report.get("left_out")).items() if isinstance(n, int) and n}
    return SftReading(
        sentences=_sentences(report, chosen),
        epochs=[one for one in epochs if one.validation_loss or one.reward],
        has_rewards=any(one.reward for one in epochs),
        facts=_facts(report),
        left_out=left_out,
    )


def _sentences(report: Mapping[str, Any], chosen: Mapping[str, Any]) -> list[Sentence]:
    kept, by_loss = whole(chosen.get("kept_epoch")), whole(chosen.get("loss_epoch"))
    told = []
    if kept is not None:
        told.append(_kept(kept, chosen))
    if kept is not None and by_loss is not None and by_loss != kept:
        told.append(_("By the loss on validation demonstrations it would have been epoch {epoch}.", epoch=by_loss))
    for key in (LAST, LOSS):
        if (gap := _gap(mapping(chosen.get(key)))) is not None:
            told.append(_said_of_gap(key, *gap))
    told += _warnings(chosen, kept)
    if report.get("template") == "plain":
        told.append(_("The base has no chat template of its own, so it was taught the plain one."))
    if report.get("pad_added") is True:
        told.append(_("The base had no padding token apart from its end token, so it got one."))
    return told


def _kept(epoch: int, chosen: Mapping[str, Any]) -> Sentence:
    match chosen.get("by"):
        case "reward":
            return _("Epoch {epoch} was kept: the reward model scores its replies best.", epoch=epoch)
        case "loss":
            return _("Epoch {epoch} was kept: its loss on validation demonstrations is the lowest.", epoch=epoch)
    return _("Epoch {epoch}, the last, was kept. {why}", epoch=epoch, why=as_it_is(text(chosen.get("why"))))


def _said_of_gap(which: str, mean: float, low: float, high: float) -> Sentence:
    given = {"mean": short(mean), "low": short(low), "high": short(high)}
    if which == LAST:
        found = _("Its replies score {mean} more than the last epoch's on the same prompts ({low} to {high}).", **given)
    else:
        found = _("They score {mean} more than those of the epoch of the lowest loss ({low} to {high}).", **given)
    if low > 0:
        return found
    return _("{found} The interval holds 0: that it is better is not shown.", found=found)


def _warnings(chosen: Mapping[str, Any], kept: int | None) -> list[Sentence]:
    told = []
    by_epoch = {whole(one.get("epoch")): one for one in mappings(chosen.get("epochs"))}
    losses = [loss for one in by_epoch.values() if (loss := finite(one.get("validation_loss"))) is not None]
    of_kept = mapping(by_epoch.get(kept))
    loss = finite(of_kept.get("validation_loss"))
    if loss is not None and losses and loss > MUCH_WORSE * min(losses):
        told.append(
            _(
                "Its loss on validation demonstrations is above the lowest one. InstructGPT's rose after the first epoch too, "
                "while people liked the replies better."
            )
        )
    ended = finite(of_kept.get("ended"))
    if ended is not None and ended < MOST_END:
        told.append(_("{share} of its replies do not end by themselves.", share=percent(1 - ended, 0)))
    return told


def _epoch(one: Mapping[str, Any], chosen: Mapping[str, Any]) -> Epoch:
    number = whole(one.get("epoch")) or 0
    marks = []
    if number == 0:
        marks.append(_("before"))
    elif number == whole(chosen.get("kept_epoch")):
        marks.append(_("kept"))
    if number and number == whole(chosen.get("loss_epoch")):
        marks.append(_("lowest loss"))
    loss, reward, ended = (finite(one.get(name)) for name in ("validation_loss", "reward", "ended"))
    return Epoch(number, _number(loss), _number(reward), "" if ended is None else percent(ended, 0), marks)


def _facts(report: Mapping[str, Any]) -> list[tuple[Sentence, str]]:
    """Names and values. What the report does not say is not there."""
    tokens, packing, lora = (mapping(report.get(name)) for name in ("tokens", "packing", "lora"))
    learned, seen = whole(tokens.get("learned")), whole(tokens.get("seen"))
    rank, adapted, of_all = (
        whole(lora.get("rank")),
        whole(lora.get("learned_parameters")),
        whole(lora.get("parameters")),
    )
    padding, packed = finite(packing.get("padding")), finite(packing.get("padding_packed"))
    facts = [
        (_("Demonstrations learned from"), _count(whole(report.get("demonstrations")))),
        (_("Demonstrations to measure on"), _count(whole(report.get("validation_demonstrations")))),
        (
            _("Prompts answered after each epoch"),
            _count(whole(mapping(report.get("selection")).get("prompts")) or None),
        ),
        (_("Tokens with a loss (replies and their ends)"), f"{learned:,} / {seen:,}" if learned and seen else ""),
        (_("Loss on the training demonstrations"), _number(finite(report.get("train_loss")))),
        (_("Loss on the validation demonstrations"), _number(finite(report.get("validation_loss")))),
        (_("Padding in its batches"), "" if padding is None else percent(padding)),
        (_("Padding in packed rows"), "" if packed is None else percent(packed)),
        (_("Not packed"), text(packing.get("why_not"))),
        (_("LoRA: rank, alpha"), "" if rank is None else f"{rank}, {_number(finite(lora.get('alpha')))}"),
        (_("LoRA: parameters learned"), f"{adapted:,} / {of_all:,}" if adapted and of_all else ""),
        (_("Computed in"), text(report.get("precision"))),
        (_("Dropout"), _dropout(mapping(report.get("dropout")))),
    ]
    return [(name, value) for name, value in facts if value]


def _dropout(dropout: Mapping[str, Any]) -> str:
    value, setting = finite(dropout.get("value")), text(dropout.get("setting"))
    return "" if value is None or not setting else f"{short(value)} ({setting})"


def _gap(numbers: Mapping[str, Any]) -> tuple[float, float, float] | None:
    mean, low, high = (finite(numbers.get(name)) for name in ("mean", "low", "high"))
    return None if mean is None or low is None or high is None else (mean, low, high)


def _number(value: float | None) -> str:
    return "" if value is None else short(value)


def _count(value: int | None) -> str:
    return "" if value is None else f"{value:,}"
